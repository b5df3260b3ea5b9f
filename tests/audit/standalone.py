"""A verifier written from docs/verify.md alone, sharing no code with the ledger (steps 1 to 6 and 11)."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gmalg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519 = bytes.fromhex("302a300506032b6570032100")
SM2 = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed_by(public_key: bytes, signature: bytes, message: bytes) -> bool:
    if len(public_key) == 65:
        sm2 = gmalg.SM2(uid=b"1234567812345678", pk=public_key)
        return len(signature) == 64 and bool(sm2.verify(message, signature[:32], signature[32:]))
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def pae(kind: str, payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1.1, as the recursion that it is."""
    if size == 1:
        return leaf
    split = 1 << (size - 1).bit_length() - 1
    *below, sibling = path
    if index < split:
        return sha(b"\x01", root_by_path(leaf, index, split, below), sibling)
    return sha(b"\x01", sibling, root_by_path(leaf, index - split, size - split, below))


class Stack:
    """A tree as it grows: the complete subtrees on its left, each half as large as the last."""

    def __init__(self) -> None:
        self.size = 0
        self.hashes: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        width = 1
        while self.hashes and self.hashes[-1][0] == width:
            leaf = sha(b"\x01", self.hashes.pop()[1], leaf)
            width *= 2
        self.hashes.append((width, leaf))
        self.size += 1

    def root(self) -> bytes:
        root = b""
        for _, each in reversed(self.hashes):
            root = sha(b"\x01", each, root) if root else each
        return root


def faults(path: Path, verifier_key: str, kept: Sequence[bytes] = ()) -> Iterator[str]:
    """Every fault that steps 1 to 6 and 11 find."""
    with zipfile.ZipFile(path) as file:
        head, keys = (json.loads(file.read(name)) for name in ("bundle.json", "keys.json"))
        lines = file.read("entries.ndjson").split(b"\n")[:-1]
        notes = [json.loads(line) for line in file.read("checkpoints.ndjson").split(b"\n")[:-1]]
        given = [json.loads(line) for line in file.read("identities.ndjson").split(b"\n")[:-1]]
    public = {keyid: base64.b64decode(text) for keyid, text in keys.items()}
    public = {
        keyid: key
        for keyid, key in public.items()
        if sha(SM2 if len(key) == 65 else ED25519, key).hex() == keyid
    }
    if len(lines) != head["size"]:
        yield "size"
    roots: dict[int, bytes] = {}
    for raw in [note.encode() for _, note in notes] + list(kept):
        opened = checkpoint(raw, verifier_key)
        if opened is None:
            yield "checkpoint"
        elif opened[0] > len(lines) or roots.setdefault(opened[0], opened[1]) != opened[1]:
            yield "cut or forked"
    commitments: dict[str, str] = {}
    ids: set[str] = set()
    last, tree = "", Stack()
    for position, line in enumerate(lines, 1):
        if line[:1] == b'"':
            tree.add(base64.b64decode(line[1:-1]))
            if head["campaign"] is None:
                yield f"{position}: left out"
        else:
            tree.add(sha(b"\x00", line))
            try:
                entry = json.loads(line)
                payload = base64.b64decode(entry["envelope"]["payload"])
                statement = json.loads(payload)
                commitments[statement["id"]] = statement["body"].get("identity_commitment", "")
                proper = canonical(entry) == line and canonical(statement) == payload
                accepts = statement["type"] == "ClockAccepted.v1"
                again = statement["id"] in ids or (entry["recorded_at"] < last and not accepts)
                signatures = entry["envelope"]["signatures"]
                held = all(holds(each, statement["ledger"], payload, public) for each in signatures)
                held = held and possessed(statement["ledger"], statement["body"])
            except (ValueError, KeyError, TypeError, AttributeError):
                yield f"{position}: malformed"
            else:
                if not proper or again or not signatures or not held:
                    yield f"{position}: form, order or signature"
                ids.add(statement["id"])
                last = entry["recorded_at"] if accepts else max(last, entry["recorded_at"])
        if roots.get(tree.size, tree.root()) != tree.root():
            yield f"root at {tree.size}"
    if tree.size not in roots:
        yield "no checkpoint over the last entry"
    for each in given:
        commitment = sha(bytes.fromhex(each["salt"]), canonical(each["identity"])).hex()
        if commitments.get(each["id"]) != commitment:
            yield f"identity {each['id']}"


def holds(signature: dict[str, Any], ledger: str, payload: bytes, public: dict[str, bytes]) -> bool:
    """Step 3."""
    key = public.get(signature["keyid"])
    sig = base64.b64decode(signature["sig"])
    if key is None:
        return False
    if "batch" not in signature:
        return signed_by(key, sig, pae("application/vnd.songnuan.statement+json", payload))
    batch = signature["batch"]
    path = base64.b64decode(batch["path"])
    hashes = [path[at : at + 32] for at in range(0, len(path), 32)]
    try:
        root = root_by_path(sha(b"\x00", payload), batch["index"], batch["size"], hashes)
    except ValueError:
        return False
    said = canonical({"ledger": ledger, "root": batch["root"], "size": batch["size"]})
    return root == base64.b64decode(batch["root"]) and signed_by(
        key, sig, pae("application/vnd.songnuan.batch+json", said)
    )


def possessed(ledger: str, body: dict[str, Any]) -> bool:
    """Step 3, the new key's own signature where a body has one."""
    if "proof_of_possession" not in body:
        return True
    said = canonical({"ledger": ledger, "officer": body["officer"], "public_key": body["public_key"]})
    message = pae("application/vnd.songnuan.key-possession+json", said)
    return signed_by(bytes.fromhex(body["public_key"]), bytes.fromhex(body["proof_of_possession"]), message)


def checkpoint(raw: bytes, verifier_key: str) -> tuple[int, bytes] | None:
    """Step 5: size and root, if the log's key signed them."""
    name, _, material = verifier_key.split("+", 2)
    kind_and_key = base64.b64decode(material)
    keyid = sha(name.encode(), b"\n", kind_and_key)[:4]
    text, _, signatures = raw.decode().rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        _, signer, encoded = line.split(" ")
        sig = base64.b64decode(encoded)
        if signer == name and sig[:4] == keyid and signed_by(kind_and_key[1:], sig[4:], text.encode()):
            origin, size, root = text.split("\n")[:3]
            return (int(size), base64.b64decode(root)) if origin == name else None
    return None
