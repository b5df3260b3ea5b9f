"""Which public keys may be enrolled: no point of small order, off the curve, or in a second encoding."""

from __future__ import annotations

import pytest
from nacl.bindings import crypto_core_ed25519_add

from ledger.crypto.keys import new_key, new_key_of, public_hex
from ledger.domain.enrolment import check_enrollable
from ledger.errors import Refused
from ledger.events.registry import KeyRotated, OfficerEnrolled
from ledger.writing.signing import committed, possessed
from tests.founding import Founded
from tests.unit.test_signatures import P, small_order_y

# The eight points of small order in their canonical encodings (order 1, 2, 4, 4, 8, 8, 8, 8).
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]
# The same points in encodings that are not canonical: y + p, or a sign where x is zero.
SMALL_ORDER_AGAIN = [
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]
OFF_CURVE = "02" + 31 * "00"
SM2_INFINITY = "04" + 64 * "00"


def code_of(public_key: str) -> str | None:
    try:
        check_enrollable(bytes.fromhex(public_key))
    except Refused as refusal:
        return refusal.code
    return None


def off_by_one(public_key: str) -> str:
    return public_key[:-2] + f"{int(public_key[-2:], 16) ^ 1:02x}"


@pytest.mark.parametrize("public_key", SMALL_ORDER + SMALL_ORDER_AGAIN)
def test_a_point_of_small_order_is_refused(public_key: str) -> None:
    assert code_of(public_key) == "key-of-small-order"


def test_the_list_has_all_of_them() -> None:
    ys = {int.from_bytes(bytes.fromhex(each), "little") & (2**255 - 1) for each in SMALL_ORDER}
    assert ys == small_order_y()


@pytest.mark.parametrize("y", range(2, 19))
def test_a_second_encoding_is_refused(y: int) -> None:
    """Above p there are nineteen values of y, two of them of small order."""
    assert code_of((P + y).to_bytes(32, "little").hex()) == "key-not-canonical"


def test_what_is_no_point_is_refused() -> None:
    assert code_of(OFF_CURVE) == "key-not-on-curve"


@pytest.mark.parametrize("torsion", SMALL_ORDER[1:])
def test_a_point_with_a_part_of_small_order_is_refused(torsion: str) -> None:
    mixed = crypto_core_ed25519_add(bytes.fromhex(public_hex(new_key())), bytes.fromhex(torsion))
    assert code_of(mixed.hex()) == "key-of-mixed-order"


def test_keys_as_they_are_made_pass() -> None:
    for _ in range(50):
        assert code_of(public_hex(new_key())) is None
    assert code_of(public_hex(new_key_of("sm2"))) is None


def test_an_sm2_point_must_be_on_the_curve_and_not_at_infinity() -> None:
    assert code_of(off_by_one(public_hex(new_key_of("sm2")))) == "point-not-on-curve"
    assert code_of(SM2_INFINITY) == "point-not-on-curve"
    beyond = "04" + 32 * "ff" + 32 * "ff"
    assert code_of(beyond) == "point-not-on-curve"


def test_no_such_key_is_enrolled(founded: Founded) -> None:
    with founded.store.writer() as writer:
        for event in (
            OfficerEnrolled(
                officer="thief",
                name="某人",
                unit="tea",
                public_key=SMALL_ORDER[4],
                valid_from="2026-01-01T00:00:00+08:00",
                grants=[],
            ),
            KeyRotated(
                officer="tea-clerk", public_key=SMALL_ORDER[4], valid_from="2026-01-01T00:00:00+08:00"
            ),
        ):
            with pytest.raises(Refused) as refused:
                founded.record(writer, "registrar", event)
            assert refused.value.code == "key-of-small-order"


def test_an_officer_is_a_person(founded: Founded) -> None:
    """An enterprise's credit code would let one person hold roles twice without being known again."""
    promise, disclosure = committed(founded.people.enterprise("某公司"))
    with founded.store.writer() as writer:
        enrolled = OfficerEnrolled(
            officer="company",
            name="某公司",
            unit="tea",
            valid_from="2026-01-01T00:00:00+08:00",
            grants=[],
            identity_commitment=promise,
            **possessed(new_key(), founded.ledger, "company"),
        )
        with pytest.raises(Refused) as refused:
            founded.record(writer, "registrar", enrolled, disclosure)
    assert refused.value.code == "recipient-differs"
