"""Signatures and envelopes: what verifies, and every way in which one must not."""

from __future__ import annotations

import base64
import json
from functools import cache
from hashlib import sha256, sha512
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.crypto import signatures
from ledger.crypto.keys import key_id_of
from ledger.crypto.signatures import verify_signature
from ledger.domain.entry import act_of, write_entry
from ledger.domain.event import VerifiedEvent, parse_event
from ledger.errors import NotVerified, Refused
from ledger.events.funds import FundAllocated
from ledger.statements.statement import (
    SignatureChecker,
    Statement,
    canonical,
    pae,
    parse_envelope,
    parse_statement,
    seal,
    sign,
    sign_batch,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = [KEY, *(Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))]
PUBLIC = KEY.public_key().public_bytes_raw()
LEDGER = "0b3f0d3a-9f3e-4c55-8f3e-5d1f0c9a7b11"
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def made(number: int = 0, **changes: object) -> Statement:
    fields: dict[str, Any] = {
        "by": key_id_of(KEY),
        "body": {"campaign": "b2026", "number": number},
        "id": f"019bf000-0000-7000-8000-{number:012x}",
        "ledger": LEDGER,
        "made_at": "2026-01-15T09:30:00+08:00",
        "on": "2026-01-15",
        "type": "CampaignClosed.v1",
        **changes,
    }
    return Statement(**fields)


def refused(call: object, *arguments: object) -> str:
    with pytest.raises(Refused) as refusal:
        call(*arguments)  # type: ignore[operator]
    return refusal.value.code


# --- verify_signature ---------------------------------------------------------------------------


def test_the_rfc_8032_vector_verifies() -> None:
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    verify_signature(public, b"\x72", signature)
    with pytest.raises(NotVerified):
        verify_signature(public, b"\x73", signature)


@given(st.integers(0, 511))
@settings(max_examples=60)
def test_one_bit_of_the_signature(bit: int) -> None:
    signature = bytearray(KEY.sign(b"message"))
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NotVerified):
        verify_signature(PUBLIC, b"message", bytes(signature))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_of_another_length(length: int) -> None:
    assert refused(verify_signature, bytes(length), b"m", KEY.sign(b"m")) == "signature-malformed"


@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_a_signature_of_another_length(length: int) -> None:
    assert refused(verify_signature, PUBLIC, b"m", bytes(length)) == "signature-malformed"


def test_s_plus_the_group_order_is_malleable() -> None:
    signature = KEY.sign(b"m")
    raised = int.from_bytes(signature[32:], "little") + L
    assert (
        refused(verify_signature, PUBLIC, b"m", signature[:32] + raised.to_bytes(32, "little"))
        == "signature-malleable"
    )


Point = tuple[int, int]


def point_at(y: int) -> Point | None:
    """A point of Ed25519's curve with that y, where there is one."""
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return None if (x * x - x2) % P else (x, y)


def add(a: Point, b: Point) -> Point:
    k = D * a[0] * b[0] * a[1] * b[1]
    return (
        (a[0] * b[1] + b[0] * a[1]) * pow(1 + k, -1, P) % P,
        (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, -1, P) % P,
    )


def times(n: int, point: Point) -> Point:
    result = (0, 1)
    while n:
        if n & 1:
            result = add(result, point)
        point = add(point, point)
        n >>= 1
    return result


def encoded(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def base_point() -> Point:
    found = point_at(4 * pow(5, -1, P) % P)
    assert found is not None
    return found if found[0] % 2 == 0 else (P - found[0], found[1])


@cache
def torsion_points() -> set[Point]:
    """All points whose order divides 8, by the curve's own arithmetic."""
    found = set()
    for y in range(2, 40):
        point = point_at(y)
        if point is not None:
            torsion = times(L, point)
            found |= {times(n, torsion) for n in range(8)}
    return found


def small_order_y() -> set[int]:
    return {point[1] for point in torsion_points()}


@pytest.mark.parametrize("in_key", [False, True])
@pytest.mark.parametrize("in_r", [False, True])
@pytest.mark.parametrize("message", [b"%d" % n for n in range(16)])
def test_points_with_a_part_of_small_order_are_judged_without_cofactor(
    message: bytes, in_key: bool, in_r: bool
) -> None:
    """Verifiers disagree about such signatures; ours must go on agreeing with OpenSSL's."""
    torsion = next(point for point in torsion_points() if times(4, point) != (0, 1))
    secret, nonce = 0x1234567890, 0x9876543210
    key, r = times(secret, base_point()), times(nonce, base_point())
    public = encoded(add(key, torsion) if in_key else key)
    r_raw = encoded(add(r, torsion) if in_r else r)
    h = int.from_bytes(sha512(r_raw + public + message).digest(), "little") % L
    signature = r_raw + ((nonce + h * secret) % L).to_bytes(32, "little")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        assert refused(verify_signature, public, message, signature) == "signature-invalid"
    else:
        verify_signature(public, message, signature)
    if not (in_key or in_r):
        verify_signature(public, message, signature)


def test_all_points_of_small_order_are_refused_as_keys_and_as_r() -> None:
    ys = small_order_y()
    assert len(ys) == 5
    assert {y for y in signatures._SMALL_ORDER_Y if y < P} == ys
    encodings = {y | sign << 255 for y in ys | {P, P + 1} for sign in (0, 1)}
    for encoding in encodings:
        point = encoding.to_bytes(32, "little")
        assert refused(verify_signature, point, b"m", KEY.sign(b"m")) == "signature-malleable"
        assert refused(verify_signature, PUBLIC, b"m", point + bytes(32)) == "signature-malleable"


def test_a_key_that_is_not_canonical() -> None:
    for y in range(P + 2, 2**255):
        assert (
            refused(verify_signature, y.to_bytes(32, "little"), b"m", KEY.sign(b"m")) == "signature-malleable"
        )


def test_the_key_id_is_the_hash_of_the_subject_public_key_info() -> None:
    der = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key_id_of(KEY) == sha256(der).hexdigest()


# --- Envelopes ----------------------------------------------------------------------------------


def test_the_pre_authentication_encoding_is_dsse() -> None:
    # The example of the DSSE specification.
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def verified(raw: bytes) -> Statement:
    envelope = parse_envelope(raw)
    statement = parse_statement(envelope.payload)
    for signature in envelope.signatures:
        SignatureChecker().verify(envelope.payload, statement.ledger, signature, PUBLIC)
    return statement


def test_a_signed_statement_comes_back_whole() -> None:
    statement = made()
    assert verified(sign(statement, KEY).raw) == statement


@pytest.mark.parametrize("keys", [KEYS[:1], KEYS[:2], KEYS[:3]])
def test_an_entry_names_its_signers_in_order(keys: list[Ed25519PrivateKey]) -> None:
    at = "2026-01-15T01:30:00.000000Z"
    event = FundAllocated(campaign="b2026", line="workers", amount_fen=1)
    statement = made(type=event.topic(), body=event.model_dump(exclude_defaults=True))
    act = act_of(write_entry(sign(statement, *keys).raw, {"person": "1:a"}, at))
    signers = tuple([key_id_of(key) for key in keys])
    assert act == VerifiedEvent(statement, event, signers, {"person": "1:a"}, at)


def test_payload_bytes_are_canonical_and_kept() -> None:
    envelope = sign(made(), KEY)
    assert envelope.payload == canonical(made()._asdict())
    assert parse_envelope(envelope.raw) == envelope


@given(st.data())
@settings(max_examples=150)
def test_one_bit_anywhere_in_the_envelope(data: st.DataObject) -> None:
    raw = bytearray(
        data.draw(
            st.sampled_from(
                [
                    sign(made(), KEY).raw,
                    sign_batch([made(n) for n in range(5)], KEY)[3].raw,
                ]
            )
        )
    )
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    envelope = sign(made(), KEY)
    try:
        statement = verified(bytes(raw))
    except Refused:
        return
    # Only the key's name may differ and still parse: the admission then refuses the signer.
    assert (
        statement == made() or parse_envelope(bytes(raw)).signatures[0].keyid != envelope.signatures[0].keyid
    )


def test_every_envelope_of_a_batch_is_checked_by_itself() -> None:
    for size in (1, 2, 3, 7, 100):
        envelopes = sign_batch([made(n) for n in range(size)], KEY)
        assert len({e.signatures[0].sig for e in envelopes}) == 1
        for number, envelope in enumerate(envelopes):
            assert verified(envelope.raw) == made(number)


def test_a_statement_moved_into_another_batch_place_fails() -> None:
    envelopes = sign_batch([made(n) for n in range(8)], KEY)
    swapped = seal(envelopes[2].payload, envelopes[3].signatures)
    with pytest.raises(NotVerified):
        verified(swapped.raw)


def test_a_batch_signed_for_another_ledger_fails() -> None:
    other = "1b3f0d3a-9f3e-4c55-8f3e-5d1f0c9a7b11"
    foreign = sign_batch([made(n, ledger=other) for n in range(4)], KEY)
    checker = SignatureChecker()
    with pytest.raises(NotVerified):
        checker.verify(foreign[0].payload, LEDGER, foreign[0].signatures[0], PUBLIC)


def reencoded(raw: bytes, change: object) -> bytes:
    value = json.loads(raw)
    change(value)  # type: ignore[operator]
    return canonical(value)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (sign(made(), KEY).raw + b" ", "not-canonical"),
        (json.dumps(json.loads(sign(made(), KEY).raw)).encode(), "not-canonical"),
        (reencoded(sign(made(), KEY).raw, lambda v: v.update(extra=1)), "not-canonical"),
        (reencoded(sign(made(), KEY).raw, lambda v: v.pop("payload")), "envelope-malformed"),
        (reencoded(sign(made(), KEY).raw, lambda v: v.update(payloadType="x")), "envelope-malformed"),
        (reencoded(sign(made(), KEY).raw, lambda v: v.update(signatures=[])), "envelope-malformed"),
        (
            reencoded(sign(made(), KEY).raw, lambda v: v["signatures"].append(v["signatures"][0])),
            "envelope-malformed",
        ),
        (
            reencoded(sign(made(), KEY).raw, lambda v: v["signatures"][0].update(sig="A")),
            "envelope-malformed",
        ),
        (
            reencoded(sign(made(), KEY).raw, lambda v: v["signatures"][0].update(keyid="A" * 64)),
            "envelope-malformed",
        ),
        (b"[]", "envelope-malformed"),
        (b"{", "envelope-malformed"),
        (b"\xff\xfe", "envelope-malformed"),
        (b'{"a":"' + b"x" * 70_000 + b'"}', "too-large"),
    ],
)
def test_envelopes_that_are_refused(raw: bytes, code: str) -> None:
    assert refused(parse_envelope, raw) == code


def test_base64_with_loose_end_bits_is_not_canonical() -> None:
    raw = sign(made(), KEY).raw
    value = json.loads(raw)
    sig = value["signatures"][0]["sig"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    loose = sig[:-3] + alphabet[alphabet.index(sig[-3]) + 1] + "=="
    assert base64.b64decode(loose) == base64.b64decode(sig)
    value["signatures"][0]["sig"] = loose
    assert refused(parse_envelope, canonical(value)) == "not-canonical"


# --- Statements ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": "019bf000-0000-4000-8000-000000000000"}, "statement-malformed"),
        ({"id": 5}, "statement-malformed"),
        ({"by": "short"}, "statement-malformed"),
        ({"ledger": "x"}, "statement-malformed"),
        ({"made_at": "2026-01-15T09:30:00"}, "statement-malformed"),
        ({"made_at": "2026-02-30T09:30:00Z"}, "statement-malformed"),
        ({"on": "2026-02-30"}, "statement-malformed"),
        ({"on": "15.1.2026"}, "statement-malformed"),
        ({"type": "Disbursed"}, "statement-malformed"),
        ({"body": []}, "statement-malformed"),
        ({"body": {"note": "e\u0301"}}, "not-nfc"),
    ],
)
def test_statements_that_are_refused(changes: dict[str, Any], code: str) -> None:
    assert refused(parse_statement, canonical({**made()._asdict(), **changes})) == code


def test_a_member_more_or_less_is_refused() -> None:
    assert refused(parse_statement, canonical({**made()._asdict(), "also": 1})) == "statement-malformed"
    less = made()._asdict()
    del less["on"]
    assert refused(parse_statement, canonical(less)) == "statement-malformed"


def test_a_float_in_a_statement_is_refused() -> None:
    raw = made(body={"amount_fen": 1}).payload().replace(b'"amount_fen":1', b'"amount_fen":1.0')
    statement = parse_statement(raw)
    assert refused(parse_event, "FundAllocated.v1", statement.body) == "body-invalid"
