"""A statement: what one officer says happened, as canonical JSON under that officer's signature.

The bytes that were signed are kept for ever as they came: ``canonical`` makes them once, at the
signer's, and the ledger only ever checks that it was given such bytes.

Formats: canonical JSON by RFC 8785, the envelope and its pre-authentication encoding by DSSE v1,
batch trees by RFC 6962.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
import pybase64
import rfc8785

from ledger.crypto import merkle
from ledger.crypto.signatures import PrivateKey, key_id, verify_signature
from ledger.errors import Refused, Rule
from ledger.statements.json_limits import TOO_LARGE, Limits, check_limits
from ledger.validation_words import json_kind, shown

STATEMENT_TYPE = "application/vnd.songnuan.statement+json"
BATCH_TYPE = "application/vnd.songnuan.batch+json"
LARGEST_INTEGER = 2**53 - 1
LARGEST_ENVELOPE_BYTES = 64_000
MOST_LEVELS = 32
"""How deep an envelope or a statement may be nested; the deepest event has seven levels."""
STATEMENT_LIMITS = Limits(LARGEST_ENVELOPE_BYTES, MOST_LEVELS, LARGEST_ENVELOPE_BYTES)
MOST_SIGNATURES = 8

ENVELOPE_MALFORMED = Rule(
    "envelope-malformed",
    zh="信封格式不符（{what!w}）：应为{expected!w}，实为{found!w}",
    en="the envelope is malformed: {what}, expected {expected}, found {found}",
)
STATEMENT_MALFORMED = Rule(
    "statement-malformed",
    zh="签署件格式不符（{what!w}）：应为{expected!w}，实为{found!w}",
    en="the statement is malformed: {what}, expected {expected}, found {found}",
)
NOT_CANONICAL = Rule(
    "not-canonical",
    zh="{what!w} 不是规范编码（RFC 8785）：内容被重新编码过",
    en="{what} is not in canonical form (RFC 8785): it was encoded again",
)
NOT_NFC = Rule(
    "not-nfc",
    zh="文字不是 NFC 规范形式",
    en="the text is not in Unicode normal form C",
)


# --- Canonical JSON ---------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """The one encoding of a JSON value that is signed and hashed (RFC 8785).

    Raises:
        ValueError: for what JSON or RFC 8785 cannot hold: NaN, infinities, an integer beyond
            ±(2^53−1), a lone surrogate, a key that is not a string, another type.

    >>> canonical({"金额": 50000, "b": "x", "a": [True, None]}).decode()
    '{"a":[true,null],"b":"x","金额":50000}'
    """
    return rfc8785.dumps(value)


_SORTED_INTEGERS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


def canonical_plain(value: Any) -> bytes:
    """The same bytes as :func:`canonical`, many times as fast, for what a statement may hold.

    That is: objects with ASCII keys, arrays, strings, integers within ±(2^53−1), booleans and
    null. Floats and other keys do not occur in a statement; callers have made sure of it.
    """
    return orjson.dumps(value, option=_SORTED_INTEGERS)


def parse_canonical(raw: bytes, what: str) -> Any:
    """Parses JSON that must be canonical, which also leaves no room for duplicate keys.

    Floats are no part of a statement: no event has a field for one, so its body refuses them.

    Raises:
        Refused: ``statement-malformed`` where it is no JSON at all, ``not-canonical`` where the
            same content has another encoding.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        found = f"no JSON at line {error.lineno}, column {error.colno}"
        raise STATEMENT_MALFORMED.refused(what=what, expected="JSON", found=found) from None
    try:
        again = canonical_plain(value)
    except orjson.JSONEncodeError:
        raise STATEMENT_MALFORMED.refused(
            what=what, expected=f"integers within ±{LARGEST_INTEGER}", found="a larger one"
        ) from None
    if again != raw:
        raise NOT_CANONICAL.refused(what=what)
    return value


# --- What is signed ---------------------------------------------------------------------------


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what is really signed.

    >>> pae("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def batch_head(ledger_id: str, root: bytes, size: int) -> bytes:
    """What a batch signature signs: the ledger, and the root and size of the statements' tree."""
    return canonical_plain({"ledger": ledger_id, "root": encode64(root), "size": size})


def encode64(raw: bytes) -> str:
    """Standard base64 with padding, as DSSE writes it.

    >>> encode64(bytes([251, 255]))
    '+/8='
    """
    return pybase64.b64encode(raw).decode()


def decode64(text: Any, what: str) -> bytes:
    """Standard base64 in its one spelling; raises ``envelope-malformed`` or ``not-canonical``."""
    try:
        raw = pybase64.b64decode(text, None, True)
    except (ValueError, TypeError):
        raise ENVELOPE_MALFORMED.refused(what=what, expected="base64", found=str(text)[:40]) from None
    # Before the padding stand bits that carry nothing; they must be zero.
    if len(raw) % 3 and not _ends_canonically(text[-3:]):
        raise NOT_CANONICAL.refused(what=what)
    return raw


def _ends_canonically(end: str | bytes) -> bool:
    digits = end.decode() if isinstance(end, bytes) else end
    return digits.rstrip("=")[-1] in ("AQgw" if digits[-2] == "=" else "AEIMQUYcgkosw048")


# --- Statement --------------------------------------------------------------------------------

_KEY_ID = re.compile(r"[0-9a-f]{64}").fullmatch
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)").fullmatch
_DAY = re.compile(r"\d{4}-\d\d-\d\d").fullmatch
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,40}\.v[1-9]\d?").fullmatch
_MEMBERS = {"by", "body", "id", "ledger", "made_at", "on", "type"}


def is_statement_id(text: str) -> bool:
    """Whether a text is what a statement can have as its id: a UUIDv7 in its one spelling."""
    return _UUID7(text) is not None


class Statement(NamedTuple):
    """What one officer says happened (签署件).

    ``by`` is the signing key's id, ``on`` the date of business, ``made_at`` the officer's clock,
    ``type`` an event's name with its version, ``body`` that event's members as plain JSON. The
    fields stand in the order of canonical JSON, by name.
    """

    body: dict[str, Any]
    by: str
    id: str
    ledger: str
    made_at: str
    on: str
    type: str

    def payload(self) -> bytes:
        """The canonical bytes that are signed."""
        return canonical_plain(
            {
                "by": self.by,
                "body": self.body,
                "id": self.id,
                "ledger": self.ledger,
                "made_at": self.made_at,
                "on": self.on,
                "type": self.type,
            }
        )


def read_statement(payload: bytes) -> Statement:
    """The statement in bytes that :func:`parse_statement` accepted before."""
    return tuple.__new__(Statement, orjson.loads(payload).values())


def parse_statement(payload: bytes) -> Statement:
    """Reads the signed bytes; the body's own members are checked by its event class.

    Raises:
        Refused: ``too-deep``, ``not-canonical``, ``not-nfc`` or ``statement-malformed``.
    """
    check_limits(payload, STATEMENT_LIMITS)
    value = parse_canonical(payload, "statement")
    if not isinstance(value, dict) or value.keys() != _MEMBERS:
        found = shown(sorted(value)) if isinstance(value, dict) else json_kind(value)[1]
        raise STATEMENT_MALFORMED.refused(what="members", expected=", ".join(sorted(_MEMBERS)), found=found)
    if not payload.isascii() and not unicodedata.is_normalized("NFC", payload.decode()):
        raise NOT_NFC.refused()
    if not _HEAD(payload, len(payload) - _HEAD_BYTES):
        for member, matches, expected in _FORMS:
            text = value[member]
            if not isinstance(text, str) or not matches(text):
                raise STATEMENT_MALFORMED.refused(what=member, expected=expected, found=shown(text))
    if not isinstance(value["body"], dict):
        raise STATEMENT_MALFORMED.refused(
            what="body", expected="an object", found=json_kind(value["body"])[1]
        )
    moment(value["made_at"], "made_at")
    day(value["on"], "on")
    return tuple.__new__(Statement, value.values())  # canonical: in the order of their names


# The usual spelling of all members after the body, at once; any other is looked at one by one.
_HEAD = re.compile(
    rb',"by":"[0-9a-f]{64}"'
    rb',"id":"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"'
    rb',"ledger":"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"'
    rb',"made_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)"'
    rb',"on":"\d{4}-\d\d-\d\d","type":"[A-Z][A-Za-z]{1,40}\.v[1-9]\d?"}$'
).search
_HEAD_BYTES = 330

_FORMS: tuple[tuple[str, Callable[[str], Any], str], ...] = (
    ("by", _KEY_ID, "64 hexadecimal digits"),
    ("id", _UUID7, "a UUIDv7"),
    ("ledger", _UUID, "a UUID"),
    ("made_at", _MOMENT, "a time with its offset, like 2026-01-15T09:30:00+08:00"),
    ("on", _DAY, "a date like 2026-01-15"),
    ("type", _TYPE, "a type with its version, like Disbursed.v1"),
)


@lru_cache(maxsize=4096)
def moment(text: str, what: str) -> datetime:
    """Parses a time with offset; raises ``statement-malformed`` where no such time exists in UTC."""
    try:
        if _MOMENT(text):
            found = datetime.fromisoformat(text)
            found.astimezone(UTC)
            return found
    except (ValueError, OverflowError):
        pass
    raise STATEMENT_MALFORMED.refused(what=what, expected="a time with its offset", found=text)


@lru_cache(maxsize=4096)
def day(text: str, what: str) -> date:
    """Parses a date; raises ``statement-malformed`` where no such day exists."""
    try:
        if _DAY(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise STATEMENT_MALFORMED.refused(what=what, expected="a date like 2026-01-15", found=text)


# --- Envelope ---------------------------------------------------------------------------------


class BatchPart(NamedTuple):
    """Where a statement stands in its batch's tree; ``path`` is the proof's hashes joined."""

    root: bytes
    size: int
    leaf_index: int
    path: bytes


class Signature(NamedTuple):
    """One signature on an envelope: of the statement itself, or of a batch that holds it."""

    keyid: str
    sig: bytes
    batch: BatchPart | None = None

    def to_json(self) -> dict[str, Any]:
        """As it stands in the envelope."""
        value: dict[str, Any] = {"keyid": self.keyid, "sig": encode64(self.sig)}
        if self.batch is not None:
            value["batch"] = {
                "index": self.batch.leaf_index,
                "path": encode64(self.batch.path),
                "root": encode64(self.batch.root),
                "size": self.batch.size,
            }
        return value


class Envelope(NamedTuple):
    """A statement's canonical bytes with the signatures on them (DSSE)."""

    payload: bytes
    signatures: tuple[Signature, ...]
    raw: bytes


def seal(payload: bytes, signatures: Sequence[Signature]) -> Envelope:
    """Puts signed bytes and their signatures into an envelope."""
    raw = canonical_plain(
        {
            "payload": encode64(payload),
            "payloadType": STATEMENT_TYPE,
            "signatures": [signature.to_json() for signature in signatures],
        }
    )
    return Envelope(payload, tuple(signatures), raw)


def parse_envelope(raw: bytes) -> Envelope:
    """Reads an envelope, which must be the one canonical encoding of what it holds.

    Raises:
        Refused: ``too-large``, ``not-canonical`` or ``envelope-malformed``.
    """
    if len(raw) > LARGEST_ENVELOPE_BYTES:
        raise TOO_LARGE.refused(expected=LARGEST_ENVELOPE_BYTES, found=len(raw))
    usual = _usual_envelope(raw)
    if usual is not None:
        return usual
    check_limits(raw, STATEMENT_LIMITS)
    return _any_envelope(raw)


_USUAL = re.compile(
    rb'{"payload":"([^"]*)","payloadType":"' + re.escape(STATEMENT_TYPE.encode()) + rb'","signatures":\[{'
    rb'(?:"batch":{"index":(0|[1-9][0-9]{0,14}),"path":"([^"]*)","root":"([^"]*)"'
    rb',"size":(0|[1-9][0-9]{0,14})},)?'
    rb'"keyid":"([0-9a-f]{64})","sig":"([^"]*)"}\]}'
).fullmatch


def _usual_envelope(raw: bytes) -> Envelope | None:
    """An envelope with one signature, read at a glance: the pattern leaves it one spelling.

    None for any other, and for what is wrong, which :func:`_any_envelope` then names.
    """
    found = _USUAL(raw)
    if found is None:
        return None
    payload, index, path, root, size, keyid, sig = found.groups()
    new = tuple.__new__
    try:
        if index is None:
            signature = Signature(keyid.decode(), decode64(sig, "sig"))
        else:
            branch = decode64(path, "path")
            part = new(BatchPart, (_of_a_batch(root, "root"), int(size), int(index), branch))
            signature = new(Signature, (keyid.decode(), _of_a_batch(sig, "sig"), part))
        return new(Envelope, (decode64(payload, "payload"), (signature,), raw))
    except Refused:
        return None


_PAYLOAD = len(b'{"payload":"')


def payload_of(envelope: bytes) -> bytes:
    """The payload of an envelope that :func:`parse_envelope` accepted before."""
    return pybase64.b64decode(envelope[_PAYLOAD : envelope.index(b'"', _PAYLOAD)])


def _any_envelope(raw: bytes) -> Envelope:
    """An envelope read piece by piece, written again and compared."""
    try:
        value = orjson.loads(raw)
        if value["payloadType"] != STATEMENT_TYPE:
            raise ENVELOPE_MALFORMED.refused(
                what="payloadType", expected=STATEMENT_TYPE, found=shown(value["payloadType"])
            )
        payload_text = value["payload"]
        payload = decode64(payload_text, "payload")
        parsed = [_parse_signature(signature) for signature in value["signatures"]]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        # What was sent is not shown: it may hold anything, somebody's identity too.
        raise ENVELOPE_MALFORMED.refused(
            what="JSON",
            expected="an object of payload, payloadType and signatures",
            found="no JSON" if isinstance(error, orjson.JSONDecodeError) else "other JSON",
        ) from None
    if not 1 <= len(parsed) <= MOST_SIGNATURES:
        raise ENVELOPE_MALFORMED.refused(
            what="signatures", expected=f"1 to {MOST_SIGNATURES}", found=len(parsed)
        )
    if len(parsed) > 1 and len({signature.keyid for signature, _ in parsed}) != len(parsed):
        raise ENVELOPE_MALFORMED.refused(what="signatures", expected="one of each key", found="a key twice")
    # What was read says all that the bytes say: no other member, order, spacing or spelling.
    said = ",".join([text for _, text in parsed])
    again = f'{{"payload":"{payload_text}","payloadType":"{STATEMENT_TYPE}","signatures":[{said}]}}'
    if again.encode() != raw:
        raise NOT_CANONICAL.refused(what="envelope")
    return Envelope(payload, tuple([signature for signature, _ in parsed]), raw)


@lru_cache(maxsize=256)
def _of_a_batch(text: Any, what: str) -> bytes:
    """What all statements of a batch say, decoded once."""
    return decode64(text, what)


def _parse_signature(value: dict[str, Any]) -> tuple[Signature, str]:
    """A signature, and the one canonical spelling of what was read."""
    keyid = value["keyid"]
    if not isinstance(keyid, str) or not _KEY_ID(keyid):
        raise ENVELOPE_MALFORMED.refused(what="keyid", expected="64 hexadecimal digits", found=shown(keyid))
    sig_text = value["sig"]
    if "batch" not in value:
        sig = decode64(sig_text, "sig")
        return Signature(keyid, sig), f'{{"keyid":"{keyid}","sig":"{sig_text}"}}'
    part = value["batch"]
    index, size, path, root = part["index"], part["size"], part["path"], part["root"]
    within = (
        type(index) is type(size) is int and 0 <= index <= LARGEST_INTEGER and 0 <= size <= LARGEST_INTEGER
    )
    if not within:
        raise ENVELOPE_MALFORMED.refused(
            what="index, size", expected="integers from 0", found=f"{shown(index)}, {shown(size)}"
        )
    batch = BatchPart(_of_a_batch(root, "root"), size, index, decode64(path, "path"))
    return Signature(keyid, _of_a_batch(sig_text, "sig"), batch), (
        f'{{"batch":{{"index":{index},"path":"{path}","root":"{root}","size":{size}}},'
        f'"keyid":"{keyid}","sig":"{sig_text}"}}'
    )


def sign(statement: Statement, *keys: PrivateKey) -> Envelope:
    """Signs one statement by itself, with one key or several."""
    payload = statement.payload()
    message = pae(STATEMENT_TYPE, payload)
    return seal(
        payload,
        [Signature(key_id(key.public_key().public_bytes_raw()), key.sign(message)) for key in keys],
    )


def sign_batch(statements: Sequence[Statement], *keys: PrivateKey) -> list[Envelope]:
    """Signs many statements of one ledger with one signature of each key over the root of their tree."""
    ledgers = {statement.ledger for statement in statements}
    if len(ledgers) != 1:
        raise RuntimeError(f"a batch is for one ledger, not {len(ledgers)}")
    payloads = [statement.payload() for statement in statements]
    tree = merkle.Tree([merkle.leaf_hash(payload) for payload in payloads])
    message = pae(BATCH_TYPE, batch_head(ledgers.pop(), tree.root, tree.size))
    signed = [(key_id(key.public_key().public_bytes_raw()), key.sign(message)) for key in keys]
    envelopes = []
    for index, payload in enumerate(payloads):
        part = BatchPart(tree.root, tree.size, index, b"".join(tree.inclusion_path(index)))
        envelopes.append(seal(payload, [Signature(keyid, sig, part) for keyid, sig in signed]))
    return envelopes


def add_signature(envelope: Envelope, key: PrivateKey) -> Envelope:
    """The same statement with one more signature on it."""
    sig = key.sign(pae(STATEMENT_TYPE, envelope.payload))
    added = Signature(key_id(key.public_key().public_bytes_raw()), sig)
    return seal(envelope.payload, [*envelope.signatures, added])


class SignatureChecker:
    """Verifies envelopes' signatures, each batch's own signature only once.

    The answer for an envelope never depends on what was asked before: what is remembered is only
    that a batch's head was signed, and which branch of its tree is proved. It remembers a bounded
    number of batches. Safe for several threads, each with a checker of its own.
    """

    MOST_BATCHES = 64

    def __init__(self) -> None:
        self._batches: dict[tuple[str, str, bytes, int, bytes], merkle.BatchPaths] = {}

    def verify(self, payload: bytes, ledger_id: str, signature: Signature, public_key: bytes) -> None:
        """Checks one signature on a statement's bytes against the key that it names.

        Raises:
            NotVerified: with the code of what is wrong.
        """
        part = signature.batch
        if part is None:
            verify_signature(public_key, pae(STATEMENT_TYPE, payload), signature.sig)
            return
        known = (ledger_id, signature.keyid, part.root, part.size, signature.sig)
        paths = self._batches.get(known)
        if paths is None:
            head = batch_head(ledger_id, part.root, part.size)
            verify_signature(public_key, pae(BATCH_TYPE, head), signature.sig)
            paths = merkle.BatchPaths(part.size, part.root)
            if len(self._batches) >= self.MOST_BATCHES:
                del self._batches[next(iter(self._batches))]
            self._batches[known] = paths
        paths.verify(merkle.leaf_hash(payload), part.leaf_index, part.path)
