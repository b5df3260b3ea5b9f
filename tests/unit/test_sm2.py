"""SM2 with SM3: the standard's own example, another implementation, and key files."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import gmalg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.crypto.keys import (
    key_id_of,
    load_key,
    load_log_key,
    new_key,
    new_key_of,
    save_key,
)
from ledger.crypto.signatures import algorithm_of, key_id, verify_signature
from ledger.crypto.sm2 import ORDER, SPKI, Sm2PrivateKey
from ledger.errors import Misconfigured, NotVerified

SIGNER = b"1234567812345678"

# GB/T 32918.5-2017, annex A: the recommended curve's example.
SECRET = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
PUBLIC = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
MESSAGE = b"message digest"


def code(public_key: bytes, message: bytes, signature: bytes) -> str:
    with pytest.raises(NotVerified) as refusal:
        verify_signature(public_key, message, signature)
    return refusal.value.code


def misconfigured(load: Callable[[Path, str], object], file: Path, passphrase: str) -> str:
    with pytest.raises(Misconfigured) as problem:
        load(file, passphrase)
    return problem.value.code


def test_the_standards_example() -> None:
    verify_signature(PUBLIC, MESSAGE, SIGNATURE)
    assert code(PUBLIC, MESSAGE + b".", SIGNATURE) == "signature-invalid"


@given(st.integers(0, 511))
@settings(max_examples=60, deadline=None)
def test_one_bit_of_the_signature(bit: int) -> None:
    altered = bytearray(SIGNATURE)
    altered[bit // 8] ^= 1 << bit % 8
    assert code(PUBLIC, MESSAGE, bytes(altered)) == "signature-invalid"


@pytest.mark.parametrize("number", [0, ORDER, ORDER + 1, 2**256 - 1])
def test_r_and_s_outside_the_group_order(number: int) -> None:
    outside = number.to_bytes(32, "big")
    assert code(PUBLIC, MESSAGE, outside + SIGNATURE[32:]) == "signature-malleable"
    assert code(PUBLIC, MESSAGE, SIGNATURE[:32] + outside) == "signature-malleable"


@pytest.mark.parametrize("length", [0, 63, 65, 72])
def test_a_signature_of_another_length(length: int) -> None:
    assert code(PUBLIC, MESSAGE, bytes(length)) == "signature-malformed"


@pytest.mark.parametrize(
    "public_key", [PUBLIC[1:], b"\x02" + PUBLIC[1:33], b"\x05" + PUBLIC[1:], PUBLIC + b"\0"]
)
def test_a_key_of_another_form(public_key: bytes) -> None:
    assert code(public_key, MESSAGE, SIGNATURE) == "signature-malformed"


def test_a_point_beside_the_curve() -> None:
    beside = PUBLIC[:-1] + bytes([PUBLIC[-1] ^ 1])
    assert code(beside, MESSAGE, SIGNATURE) == "point-not-on-curve"


@given(st.binary(max_size=300))
@settings(max_examples=10, deadline=None)
def test_another_implementation_agrees(message: bytes) -> None:
    key = Sm2PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    signature = key.sign(message)
    verify_signature(public, message, signature)
    theirs = gmalg.SM2(SECRET, SIGNER, PUBLIC)
    assert gmalg.SM2(uid=SIGNER, pk=public).verify(message, signature[:32], signature[32:])
    # It drops leading zeros.
    verify_signature(PUBLIC, message, b"".join(half.rjust(32, b"\0") for half in theirs.sign(message)))


def test_the_key_id_is_the_hash_of_what_openssl_calls_the_public_key(tmp_path: Path) -> None:
    key = new_key_of("sm2")
    save_key(key, tmp_path / "key.pem", "")
    der = subprocess.run(
        ["openssl", "pkey", "-in", str(tmp_path / "key.pem"), "-pubout", "-outform", "DER"],
        check=True,
        capture_output=True,
    ).stdout
    assert der == SPKI + key.public_key().public_bytes_raw()
    assert key_id_of(key) == key_id(key.public_key().public_bytes_raw()) == sha256(der).hexdigest()


@pytest.mark.parametrize("passphrase", ["", "送暖"])
def test_a_key_file_is_read_again(tmp_path: Path, passphrase: str) -> None:
    key, file = new_key_of("sm2"), tmp_path / "key.pem"
    save_key(key, file, passphrase)
    assert file.stat().st_mode & 0o777 == 0o600
    assert (b"ENCRYPTED" in file.read_bytes()) is bool(passphrase)
    again = load_key(file, passphrase)
    public = again.public_key().public_bytes_raw()
    assert public == key.public_key().public_bytes_raw()
    assert algorithm_of(public) == "sm2"
    verify_signature(public, b"m", again.sign(b"m"))
    if passphrase:
        assert misconfigured(load_key, file, passphrase + "?") == "key-file"
    else:  # one that is not needed does no harm
        assert load_key(file, "?").public_key().public_bytes_raw() == public
    assert misconfigured(load_log_key, file, passphrase) == "key-file"


def test_a_key_file_that_openssl_made(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "SM2", "-out", str(file)], check=True, capture_output=True
    )
    key = load_key(file, "")
    verify_signature(key.public_key().public_bytes_raw(), b"m", key.sign(b"m"))


def test_other_files_are_no_keys(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    save_key(new_key_of("sm2"), file, "word")
    body = file.read_bytes()
    for broken in (body[:120] + body[160:], body.replace(b"BEGIN", b"BEGUN"), b"", b"-----BEGIN A-----\n*"):
        file.write_bytes(broken)
        assert misconfigured(load_key, file, "word") == "key-file"


def test_an_ed25519_key_signs_for_the_log(tmp_path: Path) -> None:
    key = new_key()
    save_key(key, tmp_path / "key.pem", "word")
    assert load_log_key(tmp_path / "key.pem", "word").public_key() == key.public_key()
