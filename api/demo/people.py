"""Made-up people and enterprises with valid numbers, the same in every run."""

from __future__ import annotations

import random
from datetime import date, timedelta

from stdnum import luhn
from stdnum.cn import ric, uscc

from ledger.identity.documents import EnterpriseIdentity, PersonIdentity

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余"
_GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉建华玉梅红春海燕志国庆福荣"
_REGIONS = ("350602", "350623", "350624", "350681", "350628")
_STREETS = ("延安北路", "新华西路", "江滨路", "人民路", "解放东路", "工业大道")


class People:
    """Draws persons and enterprises; a seed gives the same ones again."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._drawn: set[str] = set()

    def person(self, **changes: str | None) -> PersonIdentity:
        """A person between 25 and 60 years old, with phone, card and address."""
        draw = self._random
        digits = self._fresh_digits()
        name = draw.choice(_SURNAMES) + "".join(draw.choice(_GIVEN) for _ in range(draw.choice((1, 2, 2))))
        card = f"62284800{draw.randrange(10**10):010d}"
        fields: dict[str, str | None] = {
            "name": name,
            "number": digits + ric.calc_check_digit(digits + "0"),
            "phone": f"13{draw.randrange(10)}{draw.randrange(10**8):08d}",
            "account": card + luhn.calc_check_digit(card),
            "account_holder": name,
            "address": f"某县{draw.choice(_STREETS)}{draw.randrange(1, 300)}号{digits[-3:]}室",
            **changes,
        }
        return PersonIdentity.model_validate(fields)

    def _fresh_digits(self) -> str:
        """Region, birth date and sequence of a number not drawn before."""
        draw = self._random
        while True:
            born = date(1965, 1, 1) + timedelta(days=draw.randrange(35 * 365))
            digits = f"{draw.choice(_REGIONS)}{born:%Y%m%d}{draw.randrange(1000):03d}"
            if digits not in self._drawn:
                self._drawn.add(digits)
                return digits

    def enterprise(self, name: str) -> EnterpriseIdentity:
        """An enterprise with a valid credit code and an account."""
        draw = self._random
        digits = f"913506{draw.randrange(10**2):02d}{draw.randrange(10**9):09d}"
        return EnterpriseIdentity(
            name=name,
            credit_code=digits + uscc.calc_check_digit(digits),
            account=f"{draw.randrange(10**17, 10**18)}",
            account_holder=name,
        )
