"""Key files: one strong derivation for all, older files that still open and are written anew."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path
from typing import Literal

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from api.cli import build
from ledger.crypto.key_encryption import (
    ROUNDS,
    decrypt_key,
    encrypt_key,
    is_unencrypted,
    is_weakly_encrypted,
)
from ledger.crypto.keys import (
    encrypt_anew,
    load_key,
    new_key,
    new_key_of,
    public_hex,
    save_key,
)
from ledger.errors import Misconfigured

WORD = "送暖 passphrase"
# As this software wrote them before, with 2,048 rounds: Ed25519 under AES, SM2 under SM4.
OLD_ED25519 = """-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBDAdEX0ZbKyqLHnZX5/
sSk7AgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQyrqk+yZnb6joIJZU
xlQY1QRAs55OHarQvOlRMdqHSYdfWOrKqsAlWPagK7ugXYWaigBuMoHX2w+buKGk
+rqsCd0gJYx3tjuuZvi1VPUONyegaA==
-----END ENCRYPTED PRIVATE KEY-----
"""
OLD_SM2 = """-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHrMFYGCSqGSIb3DQEFDTBJMCkGCSqGSIb3DQEFDDAcBAi8qzFlTGqkAgICCAAw
DAYIKoZIhvcNAgkFADAcBggqgRzPVQFoAgQQMYYFTP3Zs1GNPjVEMn9iBgSBkKgu
7JDnp6BgmEqZ00q3UgH9K23QelIxMunJccpRZVMu1Dwke0z00gq7PZyv2NoCNpE3
WKw4yGq/c426wnWMr7QLOzqzNHqdqXRQOklyFd0/s9lbcCXCMAXxp5aoJ8M2KGPR
2z87CidlU6T+PZoobOtW+rDipYiZcZ6oiNqGywhGGT9Xlqxa4cggH1Pr7DhwwA==
-----END ENCRYPTED PRIVATE KEY-----
"""
OLD_WORD = "abcdefgh"


@pytest.mark.parametrize("algorithm", ["ed25519", "sm2"])
def test_a_file_opens_by_its_passphrase_alone(tmp_path: Path, algorithm: Literal["ed25519", "sm2"]) -> None:
    key = new_key_of(algorithm)
    save_key(key, tmp_path / "key.pem", WORD)
    assert public_hex(load_key(tmp_path / "key.pem", WORD)) == public_hex(key)
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    assert not is_weakly_encrypted((tmp_path / "key.pem").read_bytes())
    for wrong in ("another", ""):
        with pytest.raises(Misconfigured, match="key file"):
            load_key(tmp_path / "key.pem", wrong)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here to be asked")
def test_openssl_reads_it_with_its_six_hundred_thousand_rounds(tmp_path: Path) -> None:
    save_key(new_key(), tmp_path / "key.pem", WORD)
    command = ["openssl", "asn1parse", "-in", str(tmp_path / "key.pem")]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert f"INTEGER           :{ROUNDS:06X}" in said
    opened = ["openssl", "pkey", "-in", str(tmp_path / "key.pem"), "-passin", f"pass:{WORD}", "-noout"]
    subprocess.run(opened, check=True, capture_output=True)


@pytest.mark.parametrize("pem", [OLD_ED25519, OLD_SM2], ids=["ed25519", "sm2"])
def test_an_older_file_opens_and_is_written_anew(tmp_path: Path, pem: str) -> None:
    file = tmp_path / "key.pem"
    file.write_text(pem)
    before = public_hex(load_key(file, OLD_WORD))
    assert is_weakly_encrypted(file.read_bytes())
    with pytest.raises(Misconfigured):
        encrypt_anew(file, "another")
    assert file.read_text() == pem
    assert encrypt_anew(file, OLD_WORD)
    assert not is_weakly_encrypted(file.read_bytes())
    assert public_hex(load_key(file, OLD_WORD)) == before
    assert not encrypt_anew(file, OLD_WORD)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_the_command_does_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", OLD_WORD)
    (tmp_path / "key.pem").write_text(OLD_ED25519)
    runner = CliRunner()
    assert "已重新加密" in runner.invoke(build(), ["key", "protect", str(tmp_path / "key.pem")]).output
    assert "无须" in runner.invoke(build(), ["key", "protect", str(tmp_path / "key.pem")]).output


def test_a_file_without_a_passphrase_stays_one(tmp_path: Path) -> None:
    save_key(new_key(), tmp_path / "key.pem", "")
    assert not encrypt_anew(tmp_path / "key.pem", "")
    load_key(tmp_path / "key.pem", "")


@pytest.mark.parametrize("algorithm", ["ed25519", "sm2"])
def test_a_file_without_a_passphrase_needs_none_and_can_be_given_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: Literal["ed25519", "sm2"]
) -> None:
    monkeypatch.delenv("SONGNUAN_PASSPHRASE", raising=False)
    key, file = new_key_of(algorithm), tmp_path / "key.pem"
    save_key(key, file, "")
    assert public_hex(load_key(file, WORD)) == public_hex(key)
    runner = CliRunner()
    # Nothing is asked for: there is nobody to answer.
    shown = runner.invoke(build(), ["key", "show", str(file)], input="")
    assert shown.exit_code == 0
    assert public_hex(key) in shown.output
    assert "key protect" in shown.output
    protected = runner.invoke(build(), ["key", "protect", str(file)], input=f"{WORD}\n{WORD}\n")
    assert protected.exit_code == 0
    assert not is_unencrypted(file.read_bytes())
    assert public_hex(load_key(file, WORD)) == public_hex(key)
    with pytest.raises(Misconfigured):
        load_key(file, "")


def test_a_file_that_asks_for_too_many_rounds_is_refused_at_once() -> None:
    pem = encrypt_key(b"x" * 48, WORD)
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    at = der.index(b"\x02\x03" + ROUNDS.to_bytes(3, "big"))
    longer = der[: at + 1] + b"\x04\x7f\xff\xff\xff" + der[at + 5 :]
    text = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + base64.encodebytes(longer) + b"-----END "
    with pytest.raises(ValueError, match="at most"):
        decrypt_key(text, WORD)


@given(st.binary(max_size=400))
def test_what_is_no_such_file_is_none(raw: bytes) -> None:
    assert decrypt_key(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + raw + b"\n-----END ", "x") is None


def test_what_another_program_encrypted_is_told_apart() -> None:
    other = new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word"))
    assert is_weakly_encrypted(other)
    assert not is_weakly_encrypted(encrypt_key(b"x" * 48, "word"))
    assert decrypt_key(encrypt_key(b"x" * 48, "word"), "word") == b"x" * 48
