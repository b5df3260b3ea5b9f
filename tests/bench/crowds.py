"""Two made-up crowds with families and with persons entered twice, each by other mistakes, and the truth.

Both are drawn from a seed. They differ in how names are drawn, in how families share, and in what goes
wrong when somebody is entered again, so that a model fitted to one is measured on the other.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from itertools import accumulate

from stdnum.cn import ric

from api.demo.people import People
from ledger.identity.documents import PersonIdentity
from projections.linkage.pairs import Known

TWICE = 0.03
"""The share of persons who are entered twice."""

Truth = set[frozenset[str]]
"""The pairs of dossiers that are one person's, under two numbers."""


def renumbered(digits: str) -> str:
    """A number of eighteen characters from its first seventeen."""
    return digits + ric.calc_check_digit(digits + "0")


# --- Families of the neighbour, homophones -------------------------------------------------------

_HOMOPHONES = dict(
    zip("伟芳秀英静丽勇杰涛明霞平刚文辉华红国福荣", "玮方绣鹰婧莉永洁韬鸣遐萍钢纹晖桦虹帼富蓉", strict=True)
)


def neighbours(count: int, seed: int) -> tuple[list[Known], Truth]:
    """So many persons, three in ten of them of the family before, and 3 % entered twice with mistakes."""
    draw, drawn = random.Random(seed), People(seed)
    people: list[Known] = []
    for number in range(count):
        person = drawn.person(phone=f"13{number:09d}", account=f"6228{number:015d}", household=f"H{number}")
        if people and draw.random() < 0.3:
            person = _relative(draw, person, people[-1].identity)
        people.append(Known(f"d{number}", f"u{draw.randrange(50)}", person))
    return _with_doubles(people, draw, lambda person: _entered_again(draw, person))


def _with_doubles(
    people: list[Known], draw: random.Random, again: Callable[[PersonIdentity], PersonIdentity]
) -> tuple[list[Known], Truth]:
    truth: Truth = set()
    taken = {known.identity.number for known in people}
    for number, original in enumerate(draw.sample(people, int(len(people) * TWICE))):
        identity = again(original.identity)
        # A mistake that gives somebody else's number is another kind of finding.
        while identity.number in taken and identity.number != original.identity.number:
            identity = again(original.identity)
        people.append(Known(f"x{number}", f"u{draw.randrange(50)}", identity))
        if identity.number != original.identity.number:
            truth.add(frozenset((original.dossier, f"x{number}")))
    return people, truth


def _relative(draw: random.Random, person: PersonIdentity, of: PersonIdentity) -> PersonIdentity:
    changes: dict[str, str | None] = {"household": of.household, "address": of.address}
    if draw.random() < 0.5:
        changes["phone"] = of.phone
    if draw.random() < 0.3:
        changes["account"] = of.account
    if draw.random() < 0.1 and person.name[1:] != of.name[1:]:
        # A twin, or one registered on the same day: surname and most of the number are the same.
        changes["name"] = of.name[0] + person.name[1:]
        changes["number"] = renumbered(
            of.number[:14] + f"{(int(of.number[14:17]) + draw.choice((1, 2, 7))) % 1000:03d}"
        )
    return person.model_copy(update=changes)


def _entered_again(draw: random.Random, person: PersonIdentity) -> PersonIdentity:
    digits = list(person.number[:17])
    at = draw.randrange(6, 16)
    if draw.random() < 0.6 and digits[at] != digits[at + 1]:
        digits[at], digits[at + 1] = digits[at + 1], digits[at]
    else:
        digits[16] = str((int(digits[16]) + draw.randrange(1, 10)) % 10)
    changes: dict[str, str | None] = {"number": renumbered("".join(digits))}
    alike = [character for character in person.name[1:] if character in _HOMOPHONES]
    if alike and draw.random() < 0.4:
        changes["name"] = person.name.replace(alike[0], _HOMOPHONES[alike[0]])
    for field in ("phone", "account", "household", "address"):
        if draw.random() < 0.35:
            changes[field] = None
    return person.model_copy(update=changes)


# --- Families of several, names by their frequency, what tired hands do ------------------------------

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱覃武戴莫孔向汤"
_MEN = "伟强磊军勇杰涛明超刚平辉斌波建国志华文林海峰鹏飞龙俊健浩宇成东亮永福贵生根荣发金水木火土山川"
_WOMEN = "芳娜敏静丽艳娟霞秀英兰桂梅红玲燕萍莉琴珍春香月凤雪云洁琳慧婷佳倩颖蓉菊爱巧美玉淑惠"
_ALIKE = {
    "伟": "炜",
    "强": "疆",
    "军": "晕",
    "杰": "杢",
    "明": "朋",
    "平": "乎",
    "辉": "晖",
    "斌": "武",
    "波": "披",
    "建": "健",
    "国": "园",
    "志": "忘",
    "林": "材",
    "海": "诲",
    "峰": "锋",
    "龙": "尤",
    "俊": "峻",
    "成": "戍",
    "永": "水",
    "贵": "责",
    "生": "牛",
    "娜": "哪",
    "静": "净",
    "娟": "捐",
    "霞": "遐",
    "秀": "季",
    "英": "央",
    "兰": "三",
    "桂": "挂",
    "梅": "海",
    "玲": "铃",
    "萍": "苹",
    "珍": "诊",
    "春": "舂",
    "月": "目",
    "云": "去",
    "洁": "桔",
    "婷": "停",
    "佳": "往",
    "颖": "颍",
    "美": "羡",
    "玉": "王",
    "淑": "椒",
}
_SOUND_ALIKE = {
    "伟": "玮",
    "强": "墙",
    "军": "君",
    "杰": "洁",
    "明": "鸣",
    "平": "萍",
    "辉": "晖",
    "建": "健",
    "志": "治",
    "华": "桦",
    "文": "雯",
    "林": "琳",
    "峰": "锋",
    "俊": "骏",
    "福": "富",
    "荣": "容",
    "芳": "方",
    "敏": "闵",
    "静": "靖",
    "丽": "莉",
    "艳": "燕",
    "霞": "遐",
    "秀": "绣",
    "英": "瑛",
    "玲": "灵",
    "珍": "真",
    "月": "悦",
    "洁": "杰",
    "玉": "钰",
    "云": "芸",
}
_STREETS = ("东门街", "西湖路", "建设路", "和平里", "文化街", "滨河路", "工人新村", "矿山路", "纺织厂宿舍")
_REGIONS = [
    f"{province}{county:02d}"
    for province in ("4301", "4302", "4310", "3506", "5101")
    for county in range(2, 12)
]
_WEIGHTS = list(accumulate(1 / (rank + 4) for rank in range(len(_SURNAMES))))


class _Town:
    """Persons of a town, in households of one to five who share an address and, at times, phone and account."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(f"town-{seed}")
        self._numbers: set[str] = set()

    def household(self, at: int) -> list[PersonIdentity]:
        draw = self.draw
        address = f"{draw.choice(_STREETS)}{draw.randrange(1, 400)}号{draw.randrange(1, 9)}栋{at % 997}室"
        surname, region = self._surname(), draw.choice(_REGIONS)
        phone, account = self._phone(), self._account()
        members: list[PersonIdentity] = []
        for number in range(draw.choices((1, 2, 3, 4, 5), (50, 25, 15, 7, 3))[0]):
            woman = draw.random() < 0.5
            of_name = surname if number == 0 or draw.random() < 0.6 else self._surname()
            person = PersonIdentity(
                name=of_name + self._given(woman),
                number=self._number(region if draw.random() < 0.8 else draw.choice(_REGIONS), woman),
                phone=phone if draw.random() < 0.45 else self._phone(),
                account=account if draw.random() < 0.2 else self._account(),
                household=f"{at:06d}" if draw.random() < 0.7 else None,
                address=address,
            )
            if members and draw.random() < 0.04:
                person = self._twin(members[-1], person)
            members.append(person)
        return members

    def _twin(self, of: PersonIdentity, person: PersonIdentity) -> PersonIdentity:
        """Born on the same day, registered one after the other, named alike."""
        name = of.name[0] + (person.name[1:] if self.draw.random() < 0.97 else self._sounding(of.name[1:]))
        digits = of.number[:14] + f"{(int(of.number[14:17]) + self.draw.choice((1, 2))) % 1000:03d}"
        if renumbered(digits) in self._numbers or name == of.name:
            return person
        self._numbers.add(renumbered(digits))
        return person.model_copy(update={"name": name, "number": renumbered(digits)})

    def _sounding(self, given: str) -> str:
        return "".join(_SOUND_ALIKE.get(character, character) for character in given)

    def _surname(self) -> str:
        return self.draw.choices(_SURNAMES, cum_weights=_WEIGHTS)[0]

    def _given(self, woman: bool) -> str:
        characters = _WOMEN if woman else _MEN
        # The first of the list are drawn more often, as the common ones are.
        return "".join(
            characters[int(len(characters) * self.draw.random() ** 1.6)]
            for _ in range(1 if self.draw.random() < 0.2 else 2)
        )

    def _phone(self) -> str:
        return f"1{self.draw.choice('3578')}{self.draw.randrange(10**9):09d}"

    def _account(self) -> str:
        return f"6217{self.draw.randrange(10**15):015d}"

    def _number(self, region: str, woman: bool) -> str:
        while True:
            born = date(1945, 1, 1) + timedelta(days=int(60 * 365 * self.draw.random()))
            sequence = 2 * self.draw.randrange(100) + (0 if woman else 1)
            number = renumbered(f"{region}{born:%Y%m%d}{sequence:03d}")
            if number not in self._numbers:
                self._numbers.add(number)
                return number

    def entered_again(self, person: PersonIdentity) -> PersonIdentity:
        """The same person by another hand: a mistake in the number, often one in the name, fields left out or new."""
        draw = self.draw
        changes: dict[str, str | None] = {
            "number": renumbered(self._mistyped(person.number[:17])),
            "name": self._misheard(person.name),
        }
        for field in ("phone", "account", "household", "address"):
            if draw.random() < 0.3:
                changes[field] = None
        if draw.random() < 0.2:
            changes["phone"] = self._phone()
        if draw.random() < 0.2:
            changes["account"] = self._account()
        if draw.random() < 0.15:
            changes["address"] = f"{draw.choice(_STREETS)}{draw.randrange(1, 400)}号"
        return person.model_copy(update=changes)

    def _mistyped(self, digits: str) -> str:
        """One wrong digit anywhere, two swapped, one of the birth date and one more, or another old region."""
        draw = self.draw
        while True:
            changed = list(digits)
            kind = draw.choices(("digit", "swap", "two", "region"), (50, 25, 15, 10))[0]
            if kind == "swap":
                at = draw.randrange(16)
                changed[at], changed[at + 1] = changed[at + 1], changed[at]
            elif kind == "region":
                changed[4:6] = list(f"{draw.randrange(21, 29)}")
            else:
                for _ in range(2 if kind == "two" else 1):
                    at = draw.randrange(17)
                    changed[at] = str((int(changed[at]) + draw.randrange(1, 10)) % 10)
            text = "".join(changed)
            if text != digits and _is_date(text[6:14]):
                return text

    def _misheard(self, name: str) -> str:
        """Mostly right; else a homophone, a look-alike, a character dropped, or two in another order."""
        draw = self.draw
        kind = draw.choices(("right", "sound", "shape", "dropped", "order"), (60, 18, 12, 5, 5))[0]
        given = name[1:]
        if kind == "sound":
            return name[0] + self._sounding(given)
        if kind == "shape":
            return name[0] + "".join(_ALIKE.get(character, character) for character in given[:1]) + given[1:]
        if kind == "dropped" and len(given) == 2:
            return name[0] + draw.choice(given)
        if kind == "order" and len(given) == 2:
            return name[0] + given[::-1]
        return name


def _is_date(text: str) -> bool:
    try:
        born = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return 1930 <= born.year <= 2010


def townspeople(count: int, seed: int) -> tuple[list[Known], Truth]:
    """So many persons of a town in their households, and 3 % entered twice by another hand."""
    town = _Town(seed)
    people: list[Known] = []
    at = 0
    while len(people) < count:
        at += 1
        for person in town.household(at):
            people.append(Known(f"d{len(people)}", f"u{town.draw.randrange(50)}", person))
    return _with_doubles(people, town.draw, town.entered_again)


CROWDS: dict[str, Callable[[int, int], tuple[list[Known], Truth]]] = {
    "neighbours": neighbours,
    "townspeople": townspeople,
}
