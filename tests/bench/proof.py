"""The proof's measures: what the log costs the writer, how fast a bundle is verified, a proof's time.

``python -m tests.bench.proof [--quick] [--markdown]``; every ratio is against a baseline of the same run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.audit.audit import Trust, audit
from ledger.audit.bundle import Contents, opened_bundle, write_bundle
from ledger.clock import utc_now
from ledger.crypto.keys import key_id_of, new_key, public_hex
from ledger.crypto.merkle import leaf_hash
from ledger.domain.entry import write_entry
from ledger.domain.event import Event, Grant, utc_text
from ledger.domain.rules_version import NEWEST
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.registry import LedgerFounded, OfficerEnrolled, UnitRegistered
from ledger.findings import Finding
from ledger.log.checkpoint import Checkpoint, origin_of
from ledger.log.note import Note, note_key, sign_text
from ledger.log.proofs import prove
from ledger.log.publisher import Publisher
from ledger.log.tiles import Edge
from ledger.statements.statement import sign, sign_batch
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from ledger.writing.intake import Submission
from ledger.writing.signing import Signer, possessed
from tests.bench.__main__ import print_measures
from tests.bench.measures import Measure, Say, _database, _drop
from tests.founding import prepare

LEDGER = "0194f000-0000-4000-8000-000000000001"
BATCH = 5_000
COMMITMENT = "0" * 64
MARK = {"person": "1:" + "A" * 43, "name": "1:" + "B" * 43}


@dataclass(frozen=True)
class Sizes:
    """How much of everything."""

    roster: int = 20_000
    single: int = 200_000
    batched: int = 400_000
    small: int = 20_000
    log: int = 1_000_000

    @classmethod
    def quick(cls) -> Sizes:
        """A tenth and less."""
        return cls(roster=4_000, single=5_000, batched=10_000, small=5_000, log=50_000)


# --- What the log costs the writer ------------------------------------------------------------


@contextmanager
def unpublished() -> Iterator[None]:
    """The writer without its log: the baseline."""
    with patch.multiple(Publisher, take=lambda *_: None, publish=lambda *_: None):
        yield


def upkeep(server: EmbeddedServer, folder: Path, sizes: Sizes, rounds: int, say: Say) -> Measure:
    """A roster's rate with the log and without, one after the other."""
    with_log, without = [], []
    for number in range(rounds):
        say(f"the log's upkeep, round {number + 1} of {rounds}")
        with unpublished():
            without.append(_roster_rate(server, folder, f"bare_{number}", sizes.roster))
        with_log.append(_roster_rate(server, folder, f"kept_{number}", sizes.roster))
    ratio = statistics.median([a / b for a, b in zip(with_log, without, strict=True)])
    return Measure(
        "a roster with the log / without",
        f"{statistics.median(with_log):,.0f}/s",
        f"{statistics.median(without):,.0f}/s",
        f"{ratio:.2f} ×",
        "≥ 0.9 ×",
        ratio >= 0.9,
    )


def _roster_rate(server: EmbeddedServer, folder: Path, name: str, size: int) -> float:
    with OpenStore(Store(folder / name, _database(server, name))) as store:
        founded = prepare(store)
        with store.writer() as writer:
            founded.found(writer)
            signed: list[Submission] = []
            while len(signed) < size:
                signed += founded.dossiers(min(BATCH, size - len(signed)))
            started = time.perf_counter()
            founded.record_all(writer, signed)
            taken = time.perf_counter() - started
    _drop(server, name)
    return size / taken


# --- Verifying a bundle -----------------------------------------------------------------------


class History:
    """A made-up history in memory, of dossiers signed one by one or together."""

    def __init__(self, ledger: str = LEDGER) -> None:
        self.ledger = ledger
        self.log_key = new_key()
        self.keys = {name: new_key() for name in ("registrar", "clerk")}
        self.lines: list[bytes] = []
        self.now = utc_now() - timedelta(days=1)
        registrar = Signer(self.keys["registrar"], self.ledger, lambda: self.now)
        valid_from = self.now.isoformat(timespec="seconds")
        founded = LedgerFounded(
            name="台账",
            officer="registrar",
            officer_name="授权管理员",
            public_key=public_hex(self.keys["registrar"]),
            ledger_key=public_hex(self.log_key),
            rules=NEWEST,
            identity_commitment=COMMITMENT,
        )
        unit = UnitRegistered(unit="tea", name="茶厂工会", level="grass-roots")
        clerk = OfficerEnrolled(
            officer="clerk",
            name="经办人",
            unit="tea",
            **possessed(self.keys["clerk"], self.ledger, "clerk"),
            valid_from=valid_from,
            grants=[Grant(role="clerk", unit="tea")],
            identity_commitment=COMMITMENT,
        )
        for event, marks in ((founded, {"person": "1:registrar"}), (unit, {}), (clerk, MARK)):
            self._append(sign(registrar.statement(event), registrar.key).raw, marks)

    def _append(self, envelope: bytes, marks: dict[str, str]) -> None:
        self.lines.append(write_entry(envelope, marks, utc_text(self.now)))

    def dossiers(self, count: int, *, together: bool) -> None:
        """More dossiers, under one signature each or one for some thousands."""
        clerk = Signer(self.keys["clerk"], self.ledger, lambda: self.now)
        event: Event = DossierFiled(unit="tea", identity_commitment=COMMITMENT, facts=Facts(cause="illness"))
        for start in range(0, count, BATCH):
            statements = [clerk.statement(event) for _ in range(min(BATCH, count - start))]
            envelopes = (
                sign_batch(statements, clerk.key)
                if together
                else [sign(statement, clerk.key) for statement in statements]
            )
            for envelope in envelopes:
                self._append(envelope.raw, MARK)

    def write(self, path: Path) -> str:
        """Writes the bundle; answers the verifier key."""
        origin = origin_of(self.ledger)
        edge = Edge()
        edge.append([leaf_hash(line) for line in self.lines])
        text = Checkpoint(origin, edge.size, edge.root()).text
        note = Note(text, (sign_text(text, self.log_key, origin),))
        keys = {
            key_id_of(key): key.public_key().public_bytes_raw() for key in (*self.keys.values(), self.log_key)
        }
        write_bundle(
            path,
            Contents(
                ledger=self.ledger,
                size=edge.size,
                campaign=None,
                entries=self.lines,
                checkpoints=[(edge.size, note.raw)],
                keys=keys,
                figures={},
            ),
        )
        return note_key(self.log_key, origin).text


def bare_rate(count: int) -> float:
    """Ed25519 verifications a second by one core, of messages as long as a statement."""
    key = new_key()
    public: Ed25519PublicKey = key.public_key()
    messages = [os.urandom(450) for _ in range(200)]
    signatures = [key.sign(message) for message in messages]
    started = time.perf_counter()
    for number in range(count):
        public.verify(signatures[number % 200], messages[number % 200])
    return count / (time.perf_counter() - started)


def verified_rate(path: Path, verifier_key: str) -> float:
    """Entries a second of a whole verification, from opening the file."""
    from ledger.log.note import parse_key

    findings: list[Finding] = []
    started = time.perf_counter()
    with opened_bundle(path) as bundle:
        summary, _ = audit(bundle, Trust((parse_key(verifier_key),)), findings.append)
    taken = time.perf_counter() - started
    assert findings == [], findings[:3]
    return summary.size / taken


def bundles(folder: Path, sizes: Sizes, rounds: int, say: Say) -> list[Measure]:
    """One signed statement by statement against the bare signatures, one signed together."""
    cores = os.cpu_count() or 1
    single, batched, small = History(), History(), History()
    single.dossiers(sizes.single, together=False)
    batched.dossiers(sizes.batched, together=True)
    small.dossiers(sizes.small, together=True)
    paths = {name: folder / f"{name}.zip" for name in ("single", "batched", "small")}
    keys = {
        name: history.write(paths[name])
        for name, history in (("single", single), ("batched", batched), ("small", small))
    }
    ratios, rates, bares, together = [], [], [], []
    for number in range(rounds):
        say(f"bundles, round {number + 1} of {rounds}")
        bares.append(bare_rate(5_000))
        rates.append(verified_rate(paths["single"], keys["single"]))
        together.append(verified_rate(paths["batched"], keys["batched"]))
        ratios.append(rates[-1] / (cores * bares[-1]))
    ratio, fast = statistics.median(ratios), statistics.median(together)
    return [
        Measure(
            f"bundle of single signatures / {cores} cores × bare Ed25519",
            f"{statistics.median(rates):,.0f}/s",
            f"{cores} × {statistics.median(bares):,.0f}/s",
            f"{ratio:.2f} ×",
            "≥ 0.85 ×",
            ratio >= 0.85,
        ),
        Measure("batch-signed bundle", f"{fast:,.0f}/s", "—", "—", "≥ 60,000/s", fast >= 60_000),
        _memory(paths, keys, sizes, say),
    ]


_PEAK = """
import re, sys
from pathlib import Path
from tests.bench.proof import verified_rate
if __name__ == "__main__":
    verified_rate(Path(sys.argv[1]), sys.argv[2])
    print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def _memory(paths: dict[str, Path], keys: dict[str, str], sizes: Sizes, say: Say) -> Measure:
    """The verifier's most memory at both sizes, each in a process of its own."""
    say("the verifier's memory")
    script = paths["single"].with_name("peak.py")
    script.write_text(_PEAK)
    peaks = {}
    for name in ("small", "batched"):
        done = subprocess.run(
            [sys.executable, str(script), str(paths[name]), keys[name]],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)},
        )
        peaks[name] = int(done.stdout) // 1024
    more = peaks["batched"] - peaks["small"]
    return Measure(
        f"verifier's memory with {sizes.batched:,} entries",
        f"{peaks['batched']} MiB",
        f"{peaks['small']} MiB with {sizes.small:,}",
        f"{more:+} MiB",
        "≤ +64 MiB",
        more <= 64,
    )


# --- Proofs -----------------------------------------------------------------------------------


def proofs(server: EmbeddedServer, folder: Path, sizes: Sizes, say: Say) -> Measure:
    """An inclusion proof's time over a large log, 95th percentile of a thousand."""
    say(f"proofs over {sizes.log:,} entries")
    with OpenStore(Store(folder / "log", _database(server, "log"))) as store, store.connect() as connection:
        edge = Edge()
        for start in range(0, sizes.log, 50_000):
            count = min(50_000, sizes.log - start)
            edge.append([leaf_hash(number.to_bytes(8, "big")) for number in range(start, start + count)])
            tiles = edge.take_changed()
            with connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO ledger.tiles VALUES (%s, %s, %s) ON CONFLICT (level, index)"
                    " DO UPDATE SET hashes = excluded.hashes",
                    [(tile.level, tile.index, hashes) for tile, hashes in tiles.items()],
                )
        key, origin = new_key(), origin_of(LEDGER)
        text = Checkpoint(origin, edge.size, edge.root()).text
        note = Note(text, (sign_text(text, key, origin),))
        connection.execute(
            "INSERT INTO ledger.checkpoints (size, note) VALUES (%s, %s)", (edge.size, note.raw.decode())
        )
        times = []
        for number in range(1_000):
            position = 1 + number * 7_919 % sizes.log
            started = time.perf_counter()
            prove(connection, position)
            times.append(time.perf_counter() - started)
    _drop(server, "log")
    slow = statistics.quantiles(times, n=20)[-1] * 1000
    return Measure(
        f"inclusion proof at {sizes.log:,} entries, p95", f"{slow:.2f} ms", "—", "—", "< 5 ms", slow < 5
    )


def run_all(folder: Path, sizes: Sizes, rounds: int, say: Say) -> list[Measure]:
    """All measures."""
    with EmbeddedServer(folder / "server") as server:
        return [
            upkeep(server, folder, sizes, rounds, say),
            *bundles(folder, sizes, rounds, say),
            proofs(server, folder, sizes, say),
        ]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Runs the measures and prints them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="songnuan-proof-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        sizes = Sizes.quick() if arguments.quick else Sizes()
        print_measures(run_all(folder, sizes, arguments.rounds, _say), arguments.markdown)


if __name__ == "__main__":
    main()
