"""Changes to what is stored, as somebody with all rights makes them, each with the codes that it must be found by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, LiteralString, NamedTuple

import orjson
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.clock import utc_now
from ledger.crypto.keys import new_key, public_hex
from ledger.crypto.merkle import Tree, leaf_hash
from ledger.crypto.signatures import key_id
from ledger.domain.entry import read_entry, write_entry
from ledger.domain.event import utc_text
from ledger.events.funds import FundAllocated
from ledger.log.checkpoint import Checkpoint, origin_of, parse_checkpoint
from ledger.log.note import (
    Note,
    parse_note,
    parse_signature_lines,
    sign_text,
)
from ledger.statements.statement import Signature, decode64, seal
from ledger.writing.signing import Signer
from tests.audit.conftest import (
    Original,
)


class Tampered(NamedTuple):
    """A change, and the codes of which each must be found: in the database, and in a bundle of it."""

    change: Callable[[Original, psycopg.Connection], object]
    live: set[str]
    bundle: set[str]


def entry_at(connection: psycopg.Connection, position: int) -> bytes:
    row = connection.execute("SELECT data FROM ledger.entries WHERE position = %s", (position,)).fetchone()
    assert row is not None
    return bytes(row[0])


def replaced(connection: psycopg.Connection, position: int, entry: bytes) -> None:
    connection.execute("UPDATE ledger.entries SET data = %s WHERE position = %s", (entry, position))


def position_of(connection: psycopg.Connection, kind: str) -> int:
    """The last entry of a type."""
    row = connection.execute(
        "SELECT max(position) FROM ledger.entries WHERE type = %s", (f"{kind}.v1",)
    ).fetchone()
    assert row is not None
    return int(row[0])


def first_of(connection: psycopg.Connection, kind: str) -> int:
    """The first entry of a type."""
    row = connection.execute(
        "SELECT min(position) FROM ledger.entries WHERE type = %s", (f"{kind}.v1",)
    ).fetchone()
    assert row is not None
    return int(row[0])


def payload_changed(original: Original, connection: psycopg.Connection) -> None:
    """A payout's sum, in the signed bytes: with its own encoding right, only the signature is not."""
    position = position_of(connection, "Disbursed")
    entry = read_entry(entry_at(connection, position))
    payload = decode64(entry["envelope"]["payload"], "payload")
    more = payload.replace(b'"amount_fen":50000', b'"amount_fen":50001')
    assert more != payload
    signature = entry["envelope"]["signatures"][0]
    envelope = seal(more, [Signature(signature["keyid"], decode64(signature["sig"], "sig"))])
    replaced(connection, position, write_entry(envelope.raw, entry["marks"], entry["recorded_at"]))


def member_changed(member: str, value: Callable[[Any], object]) -> Callable[..., object]:
    """A member of the entry beside the envelope."""

    def change(original: Original, connection: psycopg.Connection) -> None:
        position = first_of(connection, "DossierFiled")
        entry = read_entry(entry_at(connection, position))
        entry[member] = value(entry[member])
        envelope = orjson.dumps(entry["envelope"])
        replaced(connection, position, write_entry(envelope, entry["marks"], entry["recorded_at"]))

    return change


def encoded_again(original: Original, connection: psycopg.Connection) -> None:
    entry = entry_at(connection, 5)
    replaced(connection, 5, entry.replace(b'"recorded_at":', b'"recorded_at": '))


def swapped(original: Original, connection: psycopg.Connection) -> None:
    for before, after in ((40, 10_000), (41, 40), (10_000, 41)):
        connection.execute("UPDATE ledger.entries SET position = %s WHERE position = %s", (after, before))


def signed_again(original: Original, connection: psycopg.Connection) -> None:
    """A fund of another sum, by a key of the thief's, put into the registry as if it were enrolled."""
    thief = new_key()
    position = position_of(connection, "FundAllocated")
    recorded_at = read_entry(entry_at(connection, position))["recorded_at"]
    forged = by_key(original, thief, 999_999)
    replaced(connection, position, write_entry(forged, {}, recorded_at))
    value = {
        "id": key_id(thief.public_key().public_bytes_raw()),
        "officer": "finance2",
        "algorithm": "ed25519",
        "public_key": public_hex(thief),
        "valid_from": "2026-01-01T00:00:00.000000Z",
        "revoked_from": None,
        "compromised": False,
    }
    connection.execute(
        "INSERT INTO ledger.standing (key, value) VALUES (%s, %s)",
        (f"key/{value['id']}", orjson.dumps(value).decode()),
    )


def by_key(original: Original, key: Ed25519PrivateKey, amount_fen: int) -> bytes:
    signer = Signer(key, original.founded.ledger)
    event = FundAllocated(campaign="b2026", line="workers", amount_fen=amount_fen)
    return signer.sign(event).envelope


def key_exchanged(original: Original, connection: psycopg.Connection) -> None:
    """Another public key under an enrolled key's id."""
    connection.execute(
        "UPDATE ledger.standing SET value = jsonb_set(value, '{public_key}', to_jsonb(%s::text))"
        " WHERE key = (SELECT min(key) FROM ledger.standing WHERE key LIKE 'key/%%')",
        (public_hex(new_key()),),
    )


def inserted(original: Original, connection: psycopg.Connection) -> None:
    """One more entry at the end, rightly signed by an officer, past the writer and the log."""
    envelope = by_key(original, original.founded.keys["finance"], 7)
    entry = write_entry(envelope, {}, utc_text(utc_now()))
    connection.execute(
        "INSERT INTO ledger.entries (position, statement_id, type, data, tags)"
        " SELECT max(position) + 1, %s::uuid, 'FundAllocated.v1', %s, '{}' FROM ledger.entries",
        (orjson.loads(decode64(read_entry(entry)["envelope"]["payload"], "payload"))["id"], entry),
    )


def twice(original: Original, connection: psycopg.Connection) -> None:
    """An entry recorded a second time, at the end."""
    position = position_of(connection, "UnitRegistered")
    connection.execute(
        "INSERT INTO ledger.entries (position, statement_id, type, data, tags)"
        " SELECT (SELECT max(position) + 1 FROM ledger.entries), gen_random_uuid(), type, data, tags"
        " FROM ledger.entries WHERE position = %s",
        (position,),
    )


def tail_cut(original: Original, connection: psycopg.Connection) -> None:
    """The last entries and every checkpoint over them, tiles as they were: all but what others kept."""
    row = connection.execute("SELECT max(size) FROM ledger.checkpoints").fetchone()
    assert row is not None
    connection.execute("DELETE FROM ledger.cosignatures")
    connection.execute("DELETE FROM ledger.checkpoints WHERE size >= %s", (row[0],))
    connection.execute("DELETE FROM ledger.entries WHERE position >= %s", (row[0],))


def log_signed_again(original: Original, connection: psycopg.Connection) -> None:
    """An entry changed and the whole log computed and signed again, with the ledger's own key."""
    payload_changed(original, connection)
    entries = [
        bytes(data)
        for (data,) in connection.execute("SELECT data FROM ledger.entries ORDER BY position").fetchall()
    ]
    leaves = [leaf_hash(entry) for entry in entries]
    connection.execute("UPDATE ledger.tiles SET hashes = %s WHERE level = 0", (b"".join(leaves),))
    connection.execute("DELETE FROM ledger.cosignatures")
    origin = origin_of(original.founded.ledger)
    key = original.founded.store.ledger_key()
    for (size,) in connection.execute("SELECT size FROM ledger.checkpoints").fetchall():
        text = Checkpoint(origin, size, Tree(leaves[:size]).root).text
        note = Note(text, (sign_text(text, key, origin),))
        connection.execute(
            "UPDATE ledger.checkpoints SET note = %s WHERE size = %s", (note.raw.decode(), size)
        )


def checkpoint_forged(original: Original, connection: psycopg.Connection) -> None:
    """A checkpoint's root changed, under the signature that stood there."""
    row = connection.execute("SELECT size, note FROM ledger.checkpoints ORDER BY size LIMIT 1").fetchone()
    assert row is not None
    note = parse_note(row[1].encode())
    stands = parse_checkpoint(note.text)
    forged = note._replace(text=stands._replace(root=bytes(32)).text)
    connection.execute(
        "UPDATE ledger.checkpoints SET note = %s WHERE size = %s", (forged.raw.decode(), row[0])
    )


def cosignature_changed(original: Original, connection: psycopg.Connection) -> None:
    """A bit of the witness's signature, with all around it as it was."""
    row = connection.execute("SELECT line FROM ledger.cosignatures").fetchone()
    assert row is not None
    (line,) = parse_signature_lines(row[0])
    flipped = line.signature[:-1] + bytes([line.signature[-1] ^ 1])
    connection.execute("UPDATE ledger.cosignatures SET line = %s", (line._replace(signature=flipped).text,))


def sql(statement: LiteralString) -> Callable[[Original, psycopg.Connection], object]:
    return lambda original, connection: connection.execute(statement)


TAMPERED = {
    "an entry's signed bytes": Tampered(
        payload_changed, {"signature-invalid", "root-differs"}, {"signature-invalid", "root-differs"}
    ),
    "an entry's time of recording": Tampered(
        member_changed("recorded_at", lambda text: text[:-2] + ("1Z" if text[-2] != "1" else "2Z")),
        {"root-differs", "remembered-differs", "tile-differs"},
        {"root-differs", "remembered-differs"},
    ),
    "an entry's mark": Tampered(
        member_changed("marks", lambda marks: {**marks, "person": "0" * 64}),
        {"root-differs", "vault-differs", "standing-differs"},
        {"root-differs"},
    ),
    "an entry's encoding": Tampered(
        encoded_again, {"entry-malformed", "root-differs"}, {"entry-malformed", "root-differs"}
    ),
    "two entries swapped": Tampered(swapped, {"root-differs"}, {"root-differs"}),
    "an entry deleted": Tampered(
        sql("DELETE FROM ledger.entries WHERE position = 30"),
        {"root-differs", "tail-cut"},
        {"root-differs", "tail-cut"},
    ),
    "an entry inserted": Tampered(inserted, {"checkpoint-missing"}, {"checkpoint-missing"}),
    "an entry recorded twice": Tampered(twice, {"statement-twice", "view-stopped"}, {"statement-twice"}),
    "a statement signed again by another key": Tampered(
        signed_again,
        {"verdict-differs", "root-differs", "standing-differs"},
        {"verdict-differs", "root-differs"},
    ),
    "a public key exchanged": Tampered(key_exchanged, {"key-differs", "standing-differs"}, {"key-differs"}),
    "the tail cut": Tampered(tail_cut, {"tail-cut"}, {"tail-cut"}),
    "the whole log signed again": Tampered(
        log_signed_again, {"remembered-differs", "signature-invalid"}, {"remembered-differs"}
    ),
    "a checkpoint changed": Tampered(
        checkpoint_forged, {"checkpoint-not-verified"}, {"checkpoint-not-verified"}
    ),
    "a cosignature changed": Tampered(
        cosignature_changed,
        {"note-signature-invalid"},
        {"note-signature-invalid"},
    ),
    "a cosignature removed": Tampered(
        sql("DELETE FROM ledger.cosignatures"), {"witnesses-too-few"}, {"witnesses-too-few"}
    ),
    "a tile changed": Tampered(
        sql("UPDATE ledger.tiles SET hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1)"),
        {"tile-differs"},
        set(),
    ),
    "a tile removed": Tampered(sql("DELETE FROM ledger.tiles"), {"tile-differs"}, set()),
    "a tile added": Tampered(
        sql("INSERT INTO ledger.tiles VALUES (3, 9, '\\x00')"), {"tile-unexpected"}, set()
    ),
    "a line's balance in the state": Tampered(
        sql(
            "UPDATE ledger.standing SET value = jsonb_set(value, '{balance_fen}', '1')"
            " WHERE key = 'line/b2026/workers'"
        ),
        {"standing-differs"},
        set(),
    ),
    "a record of the state removed": Tampered(
        sql("DELETE FROM ledger.standing WHERE key LIKE 'case/%'"), {"standing-differs"}, set()
    ),
    "a record of the state added": Tampered(
        sql("INSERT INTO ledger.standing (key, value) VALUES ('line/b2026/gifts', '{\"id\": \"x\"}')"),
        {"standing-differs"},
        set(),
    ),
    "an entry's type column": Tampered(
        sql("UPDATE ledger.entries SET type = 'Aid.v1' WHERE position = 20"), {"columns-differ"}, set()
    ),
    "an entry's tags": Tampered(
        sql("UPDATE ledger.entries SET tags = '{}' WHERE type = 'Disbursed.v1'"), {"columns-differ"}, set()
    ),
    "an entry's id column": Tampered(
        sql("UPDATE ledger.entries SET statement_id = gen_random_uuid() WHERE position = 20"),
        {"columns-differ"},
        set(),
    ),
    "an identity's box": Tampered(
        sql("UPDATE ledger.vault SET box = set_byte(box, 20, get_byte(box, 20) # 1)"),
        {"vault-differs"},
        set(),
    ),
    "identities under each other's dossier": Tampered(
        sql("UPDATE ledger.vault SET dossier = (SELECT max(dossier) FROM ledger.vault)"),
        {"vault-differs"},
        set(),
    ),
    "an identity removed without an erasure": Tampered(
        sql("DELETE FROM ledger.vault WHERE id = (SELECT min(id) FROM ledger.vault)"),
        {"vault-missing"},
        set(),
    ),
    "an identity of no statement": Tampered(
        sql(
            "INSERT INTO ledger.vault SELECT gen_random_uuid()::text, dossier, key_version, wrapped_key, box"
            " FROM ledger.vault LIMIT 1"
        ),
        {"vault-unexpected"},
        set(),
    ),
    "a list's row: from when on it counts": Tampered(
        sql("UPDATE ledger.register_rows SET since = since + 1"), {"register-differs"}, set()
    ),
    "a list's row: whose it is": Tampered(
        sql("UPDATE ledger.register_rows SET mark = mark || 'x'"),
        {"register-differs", "register-row-differs"},
        set(),
    ),
    "a list's row: its line": Tampered(
        sql("UPDATE ledger.register_rows SET line = line + 100"), {"register-differs"}, set()
    ),
    "a list's row: its box": Tampered(
        sql("UPDATE ledger.register_rows SET box = set_byte(box, 3, get_byte(box, 3) # 1)"),
        {"register-differs", "register-row-differs"},
        set(),
    ),
    "a list's row: a sum beside its mark": Tampered(
        sql("UPDATE ledger.register_rows SET fen = 1"),
        {"register-differs", "register-row-differs"},
        set(),
    ),
    "a list's row removed": Tampered(
        sql("DELETE FROM ledger.register_rows WHERE line = 2"), {"register-differs"}, set()
    ),
    "a list's row added": Tampered(
        sql(
            "INSERT INTO ledger.register_rows SELECT register, mark, line + 100, since, until, box"
            " FROM ledger.register_rows LIMIT 1"
        ),
        {"register-differs"},
        set(),
    ),
    "a row of no list": Tampered(
        sql(
            "INSERT INTO ledger.register_rows SELECT 99, mark, line, since, until, box"
            " FROM ledger.register_rows LIMIT 1"
        ),
        {"register-unexpected"},
        set(),
    ),
    "a list's rows under another root": Tampered(
        sql("UPDATE ledger.registers SET root = repeat('0', 64) WHERE wrapped_key IS NOT NULL"),
        {"register-differs"},
        set(),
    ),
    "a list's key": Tampered(
        sql(
            "UPDATE ledger.registers SET wrapped_key = set_byte(wrapped_key, 20, get_byte(wrapped_key, 20) # 1)"
        ),
        {"register-key-differs"},
        set(),
    ),
    "a list's key removed": Tampered(
        sql("UPDATE ledger.registers SET key_version = NULL, wrapped_key = NULL"),
        {"register-key-missing"},
        set(),
    ),
    "a key given back to an erased list": Tampered(
        sql("UPDATE ledger.registers SET key_version = 1, wrapped_key = '\\x00' WHERE wrapped_key IS NULL"),
        {"register-readable"},
        set(),
    ),
    "what is left of an erased list": Tampered(
        sql("UPDATE ledger.register_nodes SET hash = sha256(hash)"), {"register-differs"}, set()
    ),
    "a hash removed from an erased list": Tampered(
        sql("DELETE FROM ledger.register_nodes WHERE first = (SELECT min(first) FROM ledger.register_nodes)"),
        {"register-differs"},
        set(),
    ),
    "a hash of no list": Tampered(
        sql("INSERT INTO ledger.register_nodes SELECT 99, first, size, hash FROM ledger.register_nodes"),
        {"register-unexpected"},
        set(),
    ),
    "a case in the roster": Tampered(
        sql("UPDATE views.cases SET approved_fen = approved_fen + 1"), {"view-differs"}, set()
    ),
    "a case taken off the roster": Tampered(
        sql("DELETE FROM views.cases"), {"view-differs", "figure-differs"}, {"figure-differs"}
    ),
    "a balance in the views": Tampered(
        sql("UPDATE views.postings SET balance_fen = balance_fen + 1"),
        {"view-differs", "figure-differs"},
        {"figure-differs"},
    ),
    "a flag cleared by hand": Tampered(
        sql("UPDATE views.postings SET kind = 'other'"), {"view-differs"}, set()
    ),
}


def tamper(original: Original, database: str, tampered: Tampered) -> None:
    """Makes the change as somebody with all rights would: triggers and constraints do not stop it."""
    with original.store(database) as store, store.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        tampered.change(original, connection)
