"""Resident identity numbers, credit codes, cards, phones and names: normal form and check.

Every function takes text as a person or a spreadsheet wrote it, and returns the one normal form,
or raises :class:`~ledger.errors.IdentityFault` with a stable code. Full-width digits and letters
are folded, spaces and hyphens dropped.

Standards: GB 11643 (resident identity number, its check by ISO 7064 MOD 11-2), GB 32100 (unified
social credit code), ISO/IEC 7812 (card numbers, Luhn).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from stdnum import luhn, numdb
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from ledger.errors import IdentityFault
from ledger.identity.bank_branch import bank_branch

_SEPARATORS = re.compile(r"[\s\-‐‑–—_.]+")
_HAN = r"[\u3400-\u9fff\u3007\U00020000-\U0003ffff]"
_DOTS = re.compile(rf"[•‧∙・･⋅·●◦▪᛫⸱ꞏ・﹒]|(?<={_HAN})\s*\.\s*(?={_HAN})")
"""What stands for the dot of a name; a full stop, half or full width, only between Han characters."""


def folded(text: str) -> str:
    """Full-width forms folded (NFKC), spaces and hyphens dropped, upper case.

    >>> folded("１１０１０５-１９４９ 1231 002x")
    '11010519491231002X'
    """
    if text.isascii() and text.isalnum():
        return text.upper()
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()


def resident_number(text: str, *, today: date) -> str:
    """A resident identity number (公民身份号码) in its 18 characters; 15 digits are expanded.

    ``today`` bounds the birth date. Source: GB 11643-1999.

    >>> resident_number("110105 19491231 002x", today=date(2026, 1, 1))
    '11010519491231002X'
    >>> resident_number("110105491231002", today=date(2026, 1, 1))
    '11010519491231002X'
    """
    number = folded(text)
    if len(number) == 15 and number.isdecimal():
        number = number[:6] + "19" + number[6:]
        number += ric.calc_check_digit(number + "0")
    if not re.fullmatch(r"\d{17}[\dX]", number):
        wrong = next((at for at, c in enumerate(number) if not c.isdecimal()), 0)
        if len(number) == 18 and wrong < 17:
            zh = f"身份证号第 {wrong + 1} 位是“{number[wrong]}”，应为数字"
            raise IdentityFault(
                "resident-number-form", zh, f"character {wrong + 1} is {number[wrong]}, no digit"
            )
        raise IdentityFault(
            "resident-number-form",
            f"身份证号应为 18 位（或旧式 15 位），实为 {len(number)} 位",
            f"a resident identity number has 18 characters (or 15 digits), got {len(number)}",
        )
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        born = None
    if born is None or not date(1880, 1, 1) <= born <= today:
        raise IdentityFault(
            "resident-number-birth-date",
            "身份证号中的出生日期（第 7 至 14 位）不存在",
            "the birth date in the number (characters 7 to 14) does not exist",
        )
    if not _region_exists(number[:6]):
        raise IdentityFault(
            "resident-number-region",
            f"身份证号的行政区划 {number[:6]} 不存在",
            f"the region {number[:6]} in the number does not exist",
        )
    expected = ric.calc_check_digit(number)
    if number[17] != expected:
        raise IdentityFault(
            "resident-number-check",
            f"身份证号校验码不符：应为 {expected}，实为 {number[17]}",
            f"the number's check character should be {expected}, got {number[17]}",
        )
    return number


@lru_cache(maxsize=8192)
def _region_exists(code: str) -> bool:
    """Whether a division of that code ever existed (GB/T 2260 and its predecessors).

    Not whether it existed in the birth year: numbers were first given out in 1984, by the division
    of that day, to people born long before.
    """
    if code in PERMIT_REGIONS:
        return True
    found = numdb.get("cn/loc").info(code)
    return len(found) > 0 and any("county" in properties for _, properties in found)


def document_number(text: str, *, today: date, document: UncheckedDocument | None = None) -> str:
    """The number of a person's document (证件号码), checked by what kind it is.

    Without ``document`` it is a resident identity number, that of a residence permit of Hong Kong,
    Macao or Taiwan (810000, 820000, 830000, of the same form), or that of a foreigner's permanent
    residence card, in its form of 2023 (18 characters, the first 9) or the one before (three letters of
    the country, twelve digits). Others are kept as they are given: nothing in them can be checked.

    >>> document_number("e 1234 5678", today=date(2026, 1, 1), document="passport")
    'E12345678'
    >>> document_number("usa110085010112", today=date(2026, 1, 1))
    'USA110085010112'
    """
    number = folded(text).replace("(", "").replace(")", "")
    if document is not None:
        if not re.fullmatch(r"[A-Z0-9]{5,18}", number) or _RESIDENT_FORM.fullmatch(number):
            raise IdentityFault(
                "document-number",
                "此类证件的号码应为 5 至 18 位字母或数字，且不是身份证号的形式",
                "a number of this kind of document has 5 to 18 letters or digits, and not an identity number's form",
            )
        return number
    older = _OLDER_RESIDENCE_CARD.fullmatch(number)
    if older is not None and _day_exists("19" + older[1]) | _day_exists("20" + older[1]):
        return number
    if len(number) == 18 and number.startswith("9"):
        return _newer_residence_card(number, today)
    return resident_number(text, today=today)


def document_of(text: str) -> UncheckedDocument | None:
    """The kind of document that a number's form alone tells: a passport, a travel permit; else None.

    >>> document_of("E12345678"), document_of("H1234567801"), document_of("350602199001011237")
    ('passport', 'travel-permit', None)
    """
    number = folded(text)
    if re.fullmatch(r"[HM]\d{8}(?:\d\d)?", number):
        return "travel-permit"
    return "passport" if re.fullmatch(r"[A-Z]{1,2}\d{7,8}", number) else None


PERMIT_REGIONS = ("810000", "820000", "830000")
"""Of residence permits for residents of Hong Kong, Macao and Taiwan (港澳台居民居住证)."""
UncheckedDocument = Literal["passport", "travel-permit", "other"]
"""Documents whose numbers are kept as given (护照、往来内地通行证、其他)."""
_RESIDENT_FORM = re.compile(r"\d{15}|\d{17}[\dX]")
_OLDER_RESIDENCE_CARD = re.compile(r"[A-Z]{3}\d{4}(\d{6})\d{2}")


def _newer_residence_card(number: str, today: date) -> str:
    """9, region, country and birth date as GB 11643 has them, and its check character."""
    if not re.fullmatch(r"\d{17}[\dX]", number) or not _day_exists(number[6:14], today):
        raise IdentityFault(
            "residence-card",
            "外国人永久居留身份证号应为 18 位，其中出生日期（第 7 至 14 位）须存在",
            "a foreigner's permanent residence card has 18 characters, with an existing birth date",
        )
    if number[17] != ric.calc_check_digit(number):
        raise IdentityFault(
            "residence-card-check",
            "外国人永久居留身份证号校验码不符",
            "the check character of the permanent residence card's number is another",
        )
    return number


def _day_exists(digits: str, today: date = date(2200, 1, 1)) -> bool:
    try:
        return date(1880, 1, 1) <= date.fromisoformat(digits) <= today
    except ValueError:
        return False


def credit_code(text: str) -> str:
    """A unified social credit code (统一社会信用代码), 18 characters. Source: GB 32100-2015."""
    code = folded(text)
    try:
        return str(uscc.validate(code))
    except ValidationError as error:
        raise IdentityFault(
            "credit-code",
            f"统一社会信用代码不合规（GB 32100）：{code}",
            f"not a unified social credit code (GB 32100): {error}",
        ) from None


_CARD = re.compile(r"62\d{14,17}|9558\d{15}|(?:4\d|5[1-5]|35)\d{14}|3[47]\d{13}")
"""Numbers whose first digits are a card's: UnionPay, the older cards of ICBC, and the international schemes."""


def is_card(number: str) -> bool:
    """Whether an account's number, in normal form, is that of a card by its first digits and its length."""
    return _CARD.fullmatch(number) is not None


def personal_account(text: str) -> str:
    """A person's account: a card (银行卡) by its check digit, any other (存折、一卡通) as it is given.

    >>> personal_account("6228 4804 0256 4890 018"), personal_account("1409 0250 1100 0123 456")
    ('6228480402564890018', '1409025011000123456')
    """
    number = folded(text)
    if is_card(number) and not luhn.is_valid(number):
        raise IdentityFault(
            "bank-card",
            "银行卡号未通过校验（Luhn）：请核对卡号",
            "the card's number does not pass its check digit (Luhn): compare it with the card",
        )
    if re.fullmatch(r"1[3-9]\d{9}", number) or (
        re.fullmatch(r"\d{17}[\dX]", number)
        and _holds_birth_date(number)
        and number[17] == ric.calc_check_digit(number)
    ):
        raise IdentityFault(
            "account-of-another-kind",
            "此栏填的是手机号或身份证号，不是账号",
            "this is a mobile or an identity number, and no account",
        )
    if not re.fullmatch(r"[A-Z]?\d{8,32}", number):
        raise IdentityFault(
            "bank-account",
            "账号应为 8 至 32 位数字（社会保障卡号可以字母开头）",
            "an account number has 8 to 32 digits, a social security card's may begin with a letter",
        )
    return number


def corporate_account(text: str) -> str:
    """An enterprise's bank account number (对公账号), 8 to 32 digits without a check digit."""
    number = folded(text)
    if not re.fullmatch(r"\d{8,32}", number):
        raise IdentityFault(
            "corporate-account",
            "对公账号应为 8 至 32 位数字",
            "a corporate account number has 8 to 32 digits",
        )
    return number


def phone(text: str) -> str:
    """A mobile number of 11 digits, or a landline with its area code, digits only."""
    number = folded(text).removeprefix("+86")
    if not re.fullmatch(r"1[3-9]\d{9}|0\d{9,11}", number):
        raise IdentityFault(
            "phone",
            "电话应为 11 位手机号，或带区号的固定电话",
            "a phone number is a mobile of 11 digits, or a landline with its area code",
        )
    return number


def person_name(text: str) -> str:
    """A person's name (姓名): spaces dropped between Han characters, one form of the dot (·).

    Han characters, or another script's letters; a dot only between parts, as in names of ethnic
    minorities.

    >>> person_name(" 张　三 "), person_name("阿卜杜拉．买买提"), person_name("John  Smith")
    ('张三', '阿卜杜拉·买买提', 'John Smith')
    """
    name = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text))
    name = _DOTS.sub("·", name).strip()
    name = re.sub(r"\s*·\s*", "·", name)
    # Spaces inside Chinese names are typography; between words of other scripts they stay.
    between = "" if re.search(_HAN, name) else " "
    name = re.sub(r"\s+", between, name)
    parts = name.split("·")
    letters = all(
        part and all(unicodedata.category(c)[0] in "LM" or c in " '-〇" for c in part) for part in parts
    )
    if not letters or not 2 <= len(name) <= 60:
        raise IdentityFault(
            "person-name",
            "姓名应为 2 至 60 个文字，间隔号只在中间，不含数字、括号和符号",
            "a name has 2 to 60 letters, with a dot only between its parts",
        )
    return name


def organisation_name(text: str) -> str:
    """An enterprise's name: NFKC folded, spaces dropped, 2 to 100 characters."""
    name = unicodedata.normalize("NFC", re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)))
    if not 2 <= len(name) <= 100:
        raise IdentityFault("organisation-name", "单位名称应为 2 至 100 字", "a name has 2 to 100 characters")
    return name


def address(text: str) -> str:
    """An address in normal form: NFKC folded, spaces and punctuation dropped, upper case.

    >>> address("建设路１２号， 3-2 室（a座）")
    '建设路12号32室A座'
    """
    kept = [c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c)[0] in "LMN"]
    return unicodedata.normalize("NFC", "".join(kept)).upper()


def masked_name(name: str) -> str:
    """A name for a page: its first and last character; of two, the first.

    >>> masked_name("李四"), masked_name("张小三"), masked_name("欧阳小燕")
    ('李*', '张*三', '欧**燕')
    """
    if len(name) <= 2:
        return name[:1] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def masked_document(number: str) -> str:
    """A document's number for a page: as :func:`masked_number`, a short one by two characters at each end.

    >>> masked_document("E12345678"), masked_document("350602199001011237")
    ('E1*****78', '3506**********1237')
    """
    if len(number) > 12:
        return masked_number(number)
    return number[:2] + "*" * max(1, len(number) - 4) + number[-2:] if len(number) > 4 else "*" * len(number)


def masked_address(address: str) -> str:
    """An address for a page: its first three characters.

    >>> masked_address("某县江滨路12号")
    '某县江*****'
    """
    return address[:3] + "*" * min(5, max(0, len(address) - 3))


def masked_number(number: str) -> str:
    """A number for a page: the first and last four characters; one that has no others as it is.

    >>> masked_number("6222020200112230"), masked_number("12345678")
    ('6222********2230', '12345678')
    """
    return number if len(number) <= 8 else number[:4] + "*" * max(0, len(number) - 8) + number[-4:]


_LONG_NUMBER = re.compile(r"\d(?:[ \-]?\d){10,}(?:[ \-]?[Xx])?")


def numbers_masked(text: str) -> str:
    """A text whose numbers of 11 digits or more are masked: phones, accounts, identity numbers.

    >>> numbers_masked("电话 138 0013 8000，金额 50000")
    '电话 138 *****8000，金额 50000'
    """
    return _LONG_NUMBER.sub(lambda number: masked_number(number[0]), text)


_DIGIT_RUN = re.compile(r"\d(?:[ \-]?\d)*(?:[ \-]?[Xx])?")
_OUR_IDS = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|(?=\d*[a-f])(?:[0-9a-f]{32}|[0-9a-f]{64}))"
    r"(?![0-9A-Za-z])"
)
"""Ids of statements (UUID version 7, RFC 9562) and digests: their digits are nobody's, whatever they look like."""


def identity_in_text(text: str) -> str | None:
    """What free text must not hold: ``resident-number``, ``bank-card`` or ``phone``, or None.

    Looks at runs of digits, folded, also with spaces and hyphens between them. A run counts as an
    identity number by its form and an existing birth date, with or without a right check
    character: a mistyped number still names its person. Ids that the ledger gives are none.

    >>> identity_in_text("请联系 13800138000"), identity_in_text("共 12 户，5 万元")
    ('phone', None)
    """
    for run in _DIGIT_RUN.findall(_OUR_IDS.sub(" | ", unicodedata.normalize("NFKC", text))):
        digits = re.sub(r"[ \-]", "", run).upper()
        if len(digits) in (15, 18) and _holds_birth_date(digits):
            return "resident-number"
        number = digits.removesuffix("X")
        if re.fullmatch(r"(?:86)?1[3-9]\d{9}", number):
            return "phone"
        if 13 <= len(number) <= 19 and luhn.is_valid(number):
            return "bank-card"
    return None


def _holds_birth_date(digits: str) -> bool:
    born = digits[6:14] if len(digits) == 18 else "19" + digits[6:12]
    try:
        return date(1880, 1, 1) <= date.fromisoformat(born) <= date(2200, 1, 1)
    except ValueError:
        return False


# --- What lies beside a statement, in the vault -------------------------------------------------


class PersonIdentity(BaseModel):
    """Who a person is (个人身份), as it goes into the vault; never into a statement.

    ``household`` names the household register (户号) or the householder's identity number. ``document``
    is what ``number`` is of, where it is one that cannot be checked. ``bank_name`` is where the account is kept
    (开户行).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["person"] = "person"
    name: Annotated[str, Field(max_length=60)]
    number: Annotated[str, Field(max_length=18)]
    phone: Annotated[str, Field(max_length=20)] | None = None
    account: Annotated[str, Field(max_length=32)] | None = None
    account_holder: Annotated[str, Field(max_length=60)] | None = None
    household: Annotated[str, Field(max_length=40)] | None = None
    address: Annotated[str, Field(max_length=200)] | None = None
    document: UncheckedDocument | None = None
    bank_name: Annotated[str, Field(max_length=60)] | None = None


class EnterpriseIdentity(BaseModel):
    """Which enterprise (企业身份), with its account and contact; goes into the vault."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["enterprise"] = "enterprise"
    name: Annotated[str, Field(max_length=100)]
    credit_code: Annotated[str, Field(max_length=18)]
    account: Annotated[str, Field(max_length=32)] | None = None
    account_holder: Annotated[str, Field(max_length=100)] | None = None
    phone: Annotated[str, Field(max_length=20)] | None = None
    address: Annotated[str, Field(max_length=200)] | None = None
    bank_name: Annotated[str, Field(max_length=60)] | None = None


Identity = Annotated[PersonIdentity | EnterpriseIdentity, Field(discriminator="kind")]


def normal_person(
    *,
    name: str,
    number: str,
    today: date,
    phone_text: str | None = None,
    account: str | None = None,
    account_holder: str | None = None,
    household: str | None = None,
    address_text: str | None = None,
    document: UncheckedDocument | None = None,
    bank_name: str | None = None,
) -> PersonIdentity:
    """A person's identity in normal form; raises the first :class:`IdentityFault` found."""
    return PersonIdentity(
        name=person_name(name),
        number=document_number(number, today=today, document=document),
        phone=phone(phone_text) if phone_text else None,
        account=personal_account(account) if account else None,
        account_holder=person_name(account_holder) if account_holder else None,
        household=folded(household) if household else None,
        address=unicodedata.normalize("NFC", address_text.strip()) if address_text else None,
        document=document,
        bank_name=bank_branch(bank_name) if bank_name else None,
    )


def normal_enterprise(
    *,
    name: str,
    code: str,
    account: str | None = None,
    account_holder: str | None = None,
    phone_text: str | None = None,
    address_text: str | None = None,
    bank_name: str | None = None,
) -> EnterpriseIdentity:
    """An enterprise's identity in normal form; raises the first :class:`IdentityFault` found."""
    return EnterpriseIdentity(
        name=organisation_name(name),
        credit_code=credit_code(code),
        account=corporate_account(account) if account else None,
        account_holder=organisation_name(account_holder) if account_holder else None,
        phone=phone(phone_text) if phone_text else None,
        address=unicodedata.normalize("NFC", address_text.strip()) if address_text else None,
        bank_name=bank_branch(bank_name) if bank_name else None,
    )


def faults(identity: PersonIdentity | EnterpriseIdentity, *, today: date) -> IdentityFault | None:
    """The first thing that keeps an identity from being in checked normal form, or None."""
    try:
        if isinstance(identity, PersonIdentity):
            again: PersonIdentity | EnterpriseIdentity = normal_person(
                name=identity.name,
                number=identity.number,
                today=today,
                phone_text=identity.phone,
                account=identity.account,
                account_holder=identity.account_holder,
                household=identity.household,
                address_text=identity.address,
                document=identity.document,
                bank_name=identity.bank_name,
            )
        else:
            again = normal_enterprise(
                name=identity.name,
                code=identity.credit_code,
                account=identity.account,
                account_holder=identity.account_holder,
                phone_text=identity.phone,
                address_text=identity.address,
                bank_name=identity.bank_name,
            )
    except IdentityFault as fault:
        return fault
    if again != identity:
        zh, en = "身份信息未按规范形式填写", "the identity is not in normal form"
        return IdentityFault("identity-not-normal", zh, en)
    return None
