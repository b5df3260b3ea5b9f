"""Identity numbers, codes, cards, phones and names: normal forms and faults."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.demo.people import People
from ledger.errors import IdentityFault
from ledger.identity import documents as i
from ledger.identity.blind_index import Marker, commitment
from ledger.identity.vault import Disclosure, Vault

TODAY = date(2026, 1, 15)


def fault(call: Callable[..., object], *arguments: object, **options: object) -> str:
    with pytest.raises(IdentityFault) as found:
        call(*arguments, **options)
    assert found.value.message("zh") != found.value.message("en")
    return found.value.code


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("11010519491231002X", "11010519491231002X"),  # the example of GB 11643-1999
        ("440524188001010014", "440524188001010014"),
        ("11010519491231002x", "11010519491231002X"),
        (" 110105 19491231 002X ", "11010519491231002X"),
        ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("110105491231002", "11010519491231002X"),  # the old form of 15 digits
    ],
)
def test_resident_numbers(text: str, number: str) -> None:
    assert i.resident_number(text, today=TODAY) == number


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("110105194912310021", "resident-number-check"),
        ("11010519491331002X", "resident-number-birth-date"),
        ("11010520270101002X", "resident-number-birth-date"),
        ("99010519491231002X", "resident-number-region"),
        ("1101051949123100", "resident-number-form"),
        ("11010519491231002Y", "resident-number-form"),
        ("", "resident-number-form"),
    ],
)
def test_resident_numbers_at_fault(text: str, code: str) -> None:
    assert fault(i.resident_number, text, today=TODAY) == code


def test_a_person_may_be_older_than_their_county() -> None:
    # 350602 (芗城区) was founded in 1985; numbers given out there name people born long before.
    number = People(1).person().number
    older = f"35060219400101{number[14:17]}"
    from stdnum.cn import ric

    assert i.resident_number(older + ric.calc_check_digit(older + "0"), today=TODAY)


@given(st.integers(0, 17), st.sampled_from("0123456789X"))
def test_any_one_wrong_character_is_found(place: int, character: str) -> None:
    number = "11010519491231002X"
    changed = number[:place] + character + number[place + 1 :]
    if changed != number:
        with pytest.raises(IdentityFault):
            i.resident_number(changed, today=TODAY)


@given(st.integers(0, 2**32))
def test_made_up_people_are_valid(seed: int) -> None:
    assert i.faults(People(seed).person(), today=TODAY) is None
    assert i.faults(People(seed).enterprise("某厂有限公司"), today=TODAY) is None


@pytest.mark.parametrize(
    ("call", "text", "normal"),
    [
        (i.credit_code, "91110000600037341l", "91110000600037341L"),
        (i.personal_account, "6228 4804 0256 4890 018", "6228480402564890018"),
        (i.corporate_account, "3500-1678-9010-5000-1234", "35001678901050001234"),
        (i.phone, "+86 138 0596 1234", "13805961234"),
        (i.phone, "0596-2021234", "05962021234"),
        (i.person_name, "张 三", "张三"),
        (i.person_name, "阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        (i.person_name, "阿卜杜拉 ・ 买买提", "阿卜杜拉·买买提"),
        (i.person_name, "阿卜杜拉．买买提", "阿卜杜拉·买买提"),
        (i.person_name, "阿卜杜拉 . 买买提", "阿卜杜拉·买买提"),
        (i.person_name, "王〇二", "王〇二"),
        (i.person_name, "JOHN  SMITH", "JOHN SMITH"),
        (i.address, "某县 延安北路, 12号", "某县延安北路12号"),
    ],
)
def test_normal_forms(call: Callable[[str], object], text: str, normal: str) -> None:
    assert call(text) == normal


@pytest.mark.parametrize(
    ("call", "text", "code"),
    [
        (i.credit_code, "91110000600037341A", "credit-code"),
        (i.personal_account, "6228480402564890017", "bank-card"),
        (i.personal_account, "123", "bank-account"),
        (i.corporate_account, "12345", "corporate-account"),
        (i.phone, "12345678901", "phone"),
        (i.person_name, "张", "person-name"),
        (i.person_name, "张三1", "person-name"),
        (i.person_name, "·张三", "person-name"),
        (i.person_name, "张三.", "person-name"),
        (i.person_name, "J. Smith", "person-name"),
        (i.organisation_name, "厂", "organisation-name"),
    ],
)
def test_faults(call: Callable[[str], object], text: str, code: str) -> None:
    assert fault(call, text) == code


def test_names_and_numbers_are_masked() -> None:
    assert [i.masked_name(n) for n in ("张三", "欧阳三", "阿卜杜拉·买买提")] == ["张*", "欧*三", "阿******提"]
    assert i.masked_number("11010519491231002X") == "1101**********002X"


def test_marks_tell_equality_and_nothing_else() -> None:
    person = People(5).person()
    marker, other = Marker(b"a" * 32), Marker(b"b" * 32)
    assert marker.marks_of(person) == marker.marks_of(person)
    assert not set(marker.marks_of(person).values()) & set(other.marks_of(person).values())
    assert marker.mark("phone", "1") != marker.mark("account", "1")
    marks = marker.marks_of(person)
    assert marks["account_holder"] == marks["name"]
    assert all(mark.startswith("1:") for mark in marks.values())
    values = person.model_dump().values()
    assert not any(str(value) in mark for value in values for mark in marks.values() if value)


def test_a_commitment_hides_and_binds() -> None:
    one, other = People(5).person(), People(6).person()
    salt = bytes(16)
    assert commitment(one, salt) == commitment(one, salt)
    assert commitment(one, salt) != commitment(other, salt)
    assert commitment(one, salt) != commitment(one, b"1" * 16)


def test_the_vault_opens_only_whole_rows_with_its_own_key() -> None:
    from ledger.errors import Misconfigured

    disclosure = Disclosure(People(5).person(), bytes(16))
    vault = Vault({1: b"k" * 32})
    sealed = vault.seal("row", "dossier", disclosure)
    assert vault.open(sealed) == disclosure
    assert disclosure.identity.name.encode() not in sealed.box
    flipped = sealed.box[:-1] + bytes([sealed.box[-1] ^ 1])
    for wrong in (sealed._replace(id="other"), sealed._replace(box=flipped)):
        with pytest.raises(Misconfigured):
            vault.open(wrong)
    with pytest.raises(Misconfigured):
        Vault({1: b"x" * 32}).open(sealed)


@pytest.mark.parametrize(
    "text",
    [
        "case:b2026/01a21e92-cb13-771c-82e1-3812734657b5",  # 1-3812734657 would be a phone
        "见 01a21e92-4111-7111-8111-111111111111 一案",
        "证据摘要 a" + "13812734657" * 2 + "b" * 9,
    ],
)
def test_ids_that_the_ledger_gives_name_nobody(text: str) -> None:
    assert i.identity_in_text(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "138-1273-4657",
        "01a21e92-cb13-771c-82e1-3812734657b5 的电话 13812734657",
    ],
)
def test_a_number_beside_an_id_is_still_found(text: str) -> None:
    assert i.identity_in_text(text) == "phone"


@given(st.uuids(version=4))
def test_no_id_is_taken_for_a_person(made: UUID) -> None:
    as_version_7 = f"{made.hex[:8]}-{made.hex[8:12]}-7{made.hex[13:16]}-{made.hex[16:20]}-{made.hex[20:]}"
    assert i.identity_in_text(f"case:b2026/{as_version_7}") is None
