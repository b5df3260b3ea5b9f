"""Signed notes (签名便笺): a text with signature lines below it, as C2SP signed-note has them.

Two kinds of key sign here, both Ed25519: the ledger's own signs the text (type 1), a witness
cosigns it together with the time (type 4, C2SP tlog-cosignature v1). A signature by a key that the
reader does not know is ignored; one by a known key must hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.crypto.signatures import verify_signature
from ledger.errors import NotVerified, Refused, Rule
from ledger.statements.statement import decode64, encode64

ED25519 = 0x01
COSIGNATURE = 0x04
MOST_NOTE_BYTES = 64_000
MOST_SIGNATURE_LINES = 64
LATEST_TIME = 2**63 - 1

NOTE_MALFORMED = Rule(
    "note-malformed",
    zh="签名便笺格式不符：{what!w}，应为 {expected!w}，实为 {found!w}",
    en="the signed note is malformed: {what}, expected {expected}, found {found}",
)
NOTE_NOT_SIGNED = Rule(
    "note-not-signed",
    zh="便笺上没有所信任密钥的签名：应有 {expected}，实有 {found}",
    en="no signature by a trusted key on the note: expected {expected}, found {found}",
)
NOTE_SIGNATURE_INVALID = Rule(
    "note-signature-invalid",
    zh="便笺上 {name} 的签名验证不通过",
    en="the signature of {name} on the note does not verify",
)

VERIFIER_KEY_MALFORMED = Rule(
    "verifier-key-malformed",
    zh="不是验证公钥：应为“名称+编号+Base64”，由 songnuan checkpoint --verifier-key 给出，实为 {found}；{problem_zh}",
    en="no verifier key: name+id+base64 is expected, as songnuan checkpoint --verifier-key prints, got {found};"
    " {problem}",
)

_KEY_NAME = re.compile(r"[^\s+]+").fullmatch
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]").search


class NoteKey(NamedTuple):
    """A public key that signs notes: its name, its type byte, and the raw 32 bytes."""

    name: str
    kind: int
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which signature lines name it."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key).digest()[:4]

    @property
    def text(self) -> str:
        """The verifier key: ``name+id+base64``."""
        return f"{self.name}+{self.key_id.hex()}+{encode64(bytes([self.kind]) + self.public_key)}"


def parse_key(text: str) -> NoteKey:
    """Reads a verifier key, whose id must be its own; raises ``verifier-key-malformed``."""
    name, _, rest = text.strip().partition("+")
    key_id, _, material = rest.partition("+")
    try:
        raw = decode64(material, "verifier key")
    except Refused:
        raw = b""
    if not _KEY_NAME(name) or not key_id:
        raise _malformed(text, "缺少其中一部分", "a part of it is missing")
    if len(raw) != 33:
        raise _malformed(text, "第二个加号之后不是 33 字节的 Base64，可能未复制完整", _CUT)
    if raw[0] not in (ED25519, COSIGNATURE):
        raise _malformed(text, "不是日志或见证方的密钥类型", "it is no kind of key that signs logs")
    key = NoteKey(name, raw[0], raw[1:])
    if key.key_id.hex() != key_id:
        raise _malformed(text, "编号与名称、公钥不符，可能抄错了字符", _MISTYPED)
    return key


_CUT = "what follows its second plus sign is not 33 bytes in Base64: it may be cut short"
_MISTYPED = "its id is not that of its name and key: a character may be mistyped"


def _malformed(text: str, problem_zh: str, problem: str) -> Refused:
    return VERIFIER_KEY_MALFORMED.refused(found=text.strip()[:120], problem_zh=problem_zh, problem=problem)


class SignatureLine(NamedTuple):
    """One line below a note: whose it is, and the signature as its type has it."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def text(self) -> str:
        """The line, with its line feed."""
        return f"— {self.name} {encode64(self.key_id + self.signature)}\n"


class Note(NamedTuple):
    """A text, which ends in a line feed, and the signatures on it."""

    text: str
    signatures: tuple[SignatureLine, ...]

    @property
    def raw(self) -> bytes:
        """The note's bytes."""
        return f"{self.text}\n{''.join(line.text for line in self.signatures)}".encode()

    def with_signatures(self, lines: Iterable[SignatureLine]) -> Note:
        """The note with more signatures, none of them twice."""
        return Note(self.text, tuple(dict.fromkeys([*self.signatures, *lines])))


def parse_note(raw: bytes) -> Note:
    """Reads a note's parts; its signatures are not checked here. Raises ``note-malformed``."""
    if len(raw) > MOST_NOTE_BYTES:
        raise NOTE_MALFORMED.refused(what="size", expected=f"at most {MOST_NOTE_BYTES}", found=len(raw))
    try:
        whole = raw.decode()
    except UnicodeDecodeError:
        raise NOTE_MALFORMED.refused(what="encoding", expected="UTF-8", found="other bytes") from None
    if _CONTROL(whole):
        raise NOTE_MALFORMED.refused(what="characters", expected="no control characters", found="one")
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not text or not lines.endswith("\n"):
        raise NOTE_MALFORMED.refused(
            what="form", expected="text, an empty line, signature lines", found=whole[:40]
        )
    return Note(text + "\n", parse_signature_lines(lines))


def parse_signature_lines(lines: str) -> tuple[SignatureLine, ...]:
    """Reads signature lines, each with its line feed; raises ``note-malformed``."""
    parsed = [_parse_line(line) for line in lines.removesuffix("\n").split("\n")]
    if len(parsed) > MOST_SIGNATURE_LINES:
        raise NOTE_MALFORMED.refused(
            what="signatures", expected=f"at most {MOST_SIGNATURE_LINES}", found=len(parsed)
        )
    return tuple(parsed)


def _parse_line(line: str) -> SignatureLine:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = _decoded(encoded, "signature line")
    if dash != "—" or not _KEY_NAME(name) or len(raw) < 5:
        raise NOTE_MALFORMED.refused(what="signature line", expected="— name base64", found=line[:80])
    return SignatureLine(name, raw[:4], raw[4:])


def _decoded(text: str, what: str) -> bytes:
    try:
        return decode64(text, what)
    except Refused:
        raise NOTE_MALFORMED.refused(what=what, expected="base64", found=text[:80]) from None


# --- Signing and verifying --------------------------------------------------------------------


def note_key(private_key: Ed25519PrivateKey, name: str, kind: int = ED25519) -> NoteKey:
    """The public side of a key under a name."""
    return NoteKey(name, kind, private_key.public_key().public_bytes_raw())


def sign_text(text: str, private_key: Ed25519PrivateKey, name: str) -> SignatureLine:
    """The ledger's own signature on a text."""
    return SignatureLine(name, note_key(private_key, name).key_id, private_key.sign(text.encode()))


def cosign_text(text: str, private_key: Ed25519PrivateKey, name: str, seconds: int) -> SignatureLine:
    """A witness's cosignature on a text, at that time in seconds since 1970."""
    key = note_key(private_key, name, COSIGNATURE)
    signature = private_key.sign(_cosigned(text, seconds))
    return SignatureLine(name, key.key_id, seconds.to_bytes(8, "big") + signature)


def cosigned_at(line: SignatureLine) -> int:
    """The time in a cosignature, in seconds since 1970."""
    return int.from_bytes(line.signature[:8], "big")


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def verified(note: Note, keys: Sequence[NoteKey]) -> list[tuple[NoteKey, SignatureLine]]:
    """The known keys' signatures on a note, each checked; at least one.

    Raises:
        NotVerified: ``note-signature-invalid`` where a known key's signature does not hold,
            ``note-not-signed`` where there is none by a known key.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found = [
        (known[line.name, line.key_id], line) for line in note.signatures if (line.name, line.key_id) in known
    ]
    for key, line in found:
        _verify(note.text, key, line)
    if not found:
        raise NOTE_NOT_SIGNED.not_verified(
            expected=" / ".join(key.name for key in keys) or "—",
            found=" / ".join(line.name for line in note.signatures),
        )
    return found


def _verify(text: str, key: NoteKey, line: SignatureLine) -> None:
    message, signature = text.encode(), line.signature
    if key.kind == COSIGNATURE:
        if len(signature) != 72 or cosigned_at(line) > LATEST_TIME:
            raise NOTE_SIGNATURE_INVALID.not_verified(name=key.name)
        message, signature = _cosigned(text, cosigned_at(line)), signature[8:]
    try:
        verify_signature(key.public_key, message, signature)
    except NotVerified:
        raise NOTE_SIGNATURE_INVALID.not_verified(name=key.name) from None
