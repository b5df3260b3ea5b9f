"""``ledger.verify``, what other programs verify by, and the auditor's example that is built on it."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import pytest

import ledger.verify
from api.gate import every_view
from api.roster.queries import summary
from ledger.audit.audit import Trust
from ledger.audit.bundle import Contents, opened_bundle, write_bundle
from ledger.crypto.keys import new_key
from ledger.crypto.merkle import leaf_hash
from ledger.events.dossier import DossierErased
from ledger.events.payout import Disbursed
from ledger.log.note import note_key
from ledger.log.proofs import cosigned, first_checkpoint_over, latest_checkpoint, prove
from ledger.verify import (
    BundleMalformed,
    NotVerified,
    Refused,
    read_entries,
    trust_in,
    verify_bundle,
    verify_checkpoint,
    verify_proof,
)
from tests.audit.conftest import Original, exported

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "audit_bundle.py"


@pytest.fixture
def bundle(original: Original, tmp_path: Path) -> Path:
    exported(original, original.now, tmp_path / "all.zip")
    return tmp_path / "all.zip"


def trusted(original: Original) -> Trust:
    """What the original's auditor knows, from texts as they are handed over."""
    trust = original.trust
    return trust_in(
        [key.text for key in trust.log_keys],
        witnesses=[key.text for key in trust.witnesses.keys],
        witnesses_needed=1,
        remembered=trust.remembered,
    )


def spoilt(bundle: Path, spoil: bytes, into: bytes) -> Path:
    """A bundle with one run of bytes of its entries replaced."""
    path = bundle.with_name("spoilt.zip")
    with zipfile.ZipFile(bundle) as there, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as here:
        for name in there.namelist():
            raw = there.read(name)
            if name == "entries.ndjson":
                assert spoil in raw
                raw = raw.replace(spoil, into, 1)
            here.writestr(name, raw)
    return path


def example(*arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run([python, str(EXAMPLE), *arguments], cwd=ROOT, capture_output=True, text=True)


class TestDamage:
    """Whoever is handed a damaged file is told so, and meets no mistake of ours."""

    PARTS = ("bundle.json", "keys.json", "figures.json", "checkpoints.ndjson", "timestamps.ndjson")

    @pytest.mark.parametrize("part", [*PARTS, "entries.ndjson"])
    def test_one_bit_of_any_part(self, original: Original, bundle: Path, part: str) -> None:
        with zipfile.ZipFile(bundle) as there:
            info = there.getinfo(part)
            start = info.header_offset + 30 + len(part)
            if info.file_size == 0:
                return
        raw = bytearray(bundle.read_bytes())
        raw[start + info.file_size // 2] ^= 1
        bundle.write_bytes(raw)
        try:
            verified = verify_bundle(bundle, trusted(original))
        except BundleMalformed as malformed:
            assert part in malformed.en and part in malformed.zh
        else:
            assert part == "entries.ndjson" and verified.findings != ()

    @pytest.mark.parametrize("part", PARTS)
    @pytest.mark.parametrize(
        "content", [b"", b"null", b"[]", b"[[]]\n", b"\xff", b"{" * 200_000, b'{"x": null}\n']
    )
    def test_anything_else_in_its_place(
        self, original: Original, bundle: Path, part: str, content: bytes
    ) -> None:
        path = bundle.with_name("other.zip")
        with zipfile.ZipFile(bundle) as there, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as here:
            for name in there.namelist():
                here.writestr(name, content if name == part else there.read(name))
        try:
            verified = verify_bundle(path, trusted(original))
        except BundleMalformed as malformed:
            assert not re.search(r"Errno|NoneType|unpack|indices|item named", malformed.en + malformed.zh)
        else:
            assert verified.findings != () or content == b"" or part == "timestamps.ndjson"

    @pytest.mark.parametrize(
        ("name", "problem"),
        [
            ("figures.xlsx", "figures.xlsx"),
            ("../keys.json", "no part of a bundle"),
            ("keys.json", "more than once"),
        ],
    )
    def test_what_nobody_would_verify_is_refused(
        self, original: Original, bundle: Path, name: str, problem: str
    ) -> None:
        with warnings.catch_warnings(), zipfile.ZipFile(bundle, "a") as there:
            warnings.simplefilter("ignore", UserWarning)  # zipfile tells of a name that is there twice
            there.writestr(name, b"{}")
        with pytest.raises(BundleMalformed, match=problem):
            verify_bundle(bundle, trusted(original))

    def test_what_is_no_bundle_at_all(self, original: Original, tmp_path: Path) -> None:
        (tmp_path / "cut.zip").write_bytes(b"PK")
        with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
            other.writestr("a.txt", "x")
        for name in ("cut.zip", "other.zip", "nowhere.zip", "."):
            with pytest.raises(BundleMalformed) as malformed:
                verify_bundle(tmp_path / name, trusted(original))
            assert "Errno" not in malformed.value.en


class TestTrust:
    def test_is_what_the_texts_say(self, original: Original) -> None:
        assert trusted(original) == original.trust

    def test_a_key_that_is_none_is_refused(self) -> None:
        with pytest.raises(Refused, match="verifier key"):
            trust_in(["ledger.example+00000000+AAAA"])

    def test_more_witnesses_than_keys_is_the_callers_mistake(self, original: Original) -> None:
        with pytest.raises(RuntimeError, match="1 witnesses are needed"):
            trust_in([original.founded.log_key.text], witnesses_needed=1)

    def test_roots_that_are_no_certificates_are_named(self) -> None:
        with pytest.raises(ledger.verify.Misconfigured) as trouble:
            trust_in([], timestamp_roots=b"no PEM")
        assert trouble.value.code == "timestamp-roots"


class TestBundle:
    def test_one_that_holds(self, original: Original, bundle: Path) -> None:
        done: list[int] = []
        result = verify_bundle(bundle, trusted(original), progress=done.append, processes=1)
        assert result.holds
        assert (result.ledger, result.campaign) == (original.founded.ledger, None)
        assert result.summary.size == result.summary.read == done[-1]
        assert result.summary.witnesses == ("audit.example/w1",)

    def test_one_that_was_changed(self, original: Original, bundle: Path) -> None:
        heard: list[str] = []
        result = verify_bundle(
            spoilt(bundle, b'"recorded_at":"2', b'"recorded_at":"1'),
            trusted(original),
            report=lambda finding: heard.append(finding.fault.code),
            processes=1,
        )
        assert not result.holds
        assert "root-differs" in result.counts
        assert sum(result.counts.values()) == len(heard)
        assert [finding.fault.code for finding in result.findings] == heard

    def test_its_entries_are_typed_events_in_order(self, original: Original, bundle: Path) -> None:
        entries = list(read_entries(bundle))
        assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
        assert sum(isinstance(entry.event, Disbursed) for entry in entries) == 3
        (erased,) = [entry for entry in entries if isinstance(entry.event, DossierErased)]
        assert isinstance(erased.event, DossierErased)
        assert erased.event.reason == "保存期满"
        assert erased.recorded_at > entries[0].recorded_at

    def test_entries_left_out_of_it_keep_their_positions(self, bundle: Path, tmp_path: Path) -> None:
        with opened_bundle(bundle) as whole:
            lines = [line for chunk in whole.chunks() for line in chunk.read()]
        lines[1] = b'"' + b"A" * 43 + b'="'
        write_bundle(tmp_path / "part.zip", Contents("x", len(lines), "b2026", lines, (), {}, {}))
        assert [entry.position for entry in read_entries(tmp_path / "part.zip")][:3] == [1, 3, 4]

    def test_what_is_none_is_named(self, original: Original, bundle: Path) -> None:
        with pytest.raises(BundleMalformed):
            verify_bundle(EXAMPLE, trusted(original))
        with pytest.raises(BundleMalformed, match="entry 1 "):
            list(read_entries(spoilt(bundle, b'"payload":"ey', b'"payload":"AA')))


class TestCheckpointAndProof:
    def test_hold_under_the_logs_and_the_witnesses_keys(self, original: Original) -> None:
        with original.store(original.now) as store, store.connect() as connection:
            raw = latest_checkpoint(connection)
            assert raw is not None
            note = cosigned(connection, raw).raw
            row = connection.execute("SELECT data FROM ledger.entries WHERE position = 7").fetchone()
            assert row is not None
            proof = prove(connection, 7, first_checkpoint_over(connection, 7)).text.encode()
        checkpoint = verify_checkpoint(note, trusted(original))
        assert checkpoint.witnesses == ("audit.example/w1",)
        assert f"{checkpoint.origin}\n{checkpoint.size}\n" in note.decode()

        log = trust_in([original.founded.log_key.text])
        found = verify_proof(proof, leaf_hash(row[0]), log)
        assert (found.position, found.checkpoint.origin) == (7, checkpoint.origin)
        with pytest.raises(NotVerified) as trouble:
            verify_proof(proof, leaf_hash(b"another"), log)
        assert trouble.value.code == "proof-invalid"
        with pytest.raises(NotVerified) as trouble:
            verify_checkpoint(raw, trusted(original))
        assert trouble.value.code == "witnesses-too-few"
        with pytest.raises(NotVerified):
            verify_checkpoint(note, trust_in([note_key(new_key(), checkpoint.origin).text]))


class TestTheAuditorsExample:
    def test_computes_what_the_views_say_that_units_paid(self, original: Original, bundle: Path) -> None:
        with original.store(original.now) as store, store.connect() as connection:
            rows = summary(every_view(connection), campaign="b2026", unit="tea")
        remembered = bundle.with_name("kept.checkpoint")
        remembered.write_bytes(original.trust.remembered[0])
        key = original.founded.log_key.text
        done = example(str(bundle), "--verifier-key", key, "--remembered", str(remembered))
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"tea\t{rows[0]['paid_fen'] / 100:.2f}\n" == "tea\t1500.00\n"

    def test_computes_nothing_of_a_bundle_that_does_not_hold(self, original: Original, bundle: Path) -> None:
        changed = spoilt(bundle, b'"recorded_at":"2', b'"recorded_at":"1')
        done = example(str(changed), "--verifier-key", original.founded.log_key.text)
        assert (done.returncode, done.stdout) == (6, "")
        assert "root-differs" in done.stderr
        malformed = example(str(EXAMPLE), "--verifier-key", original.founded.log_key.text)
        assert (malformed.returncode, malformed.stdout) == (6, "")


def test_the_page_about_it_runs(
    original: Original, bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(bundle.parent)
    with original.store(original.now) as store, store.connect() as connection:
        raw = latest_checkpoint(connection)
        assert raw is not None
        Path("2026-01-31.checkpoint").write_bytes(cosigned(connection, raw).raw)
        row = connection.execute("SELECT data FROM ledger.entries WHERE position = 7").fetchone()
        assert row is not None
        proof = prove(connection, 7)
        Path("it.tlog-proof").write_text(
            proof._replace(checkpoint=cosigned(connection, proof.checkpoint).raw).text
        )
    page = (ROOT / "docs" / "verify-python.md").read_text(encoding="utf-8")
    for made_up, own in (
        ("songnuan.internal/019b…+5d8f…+AeY…", original.founded.log_key.text),
        ("audit.example/w1+1f2e…+BGp…", original.trust.witnesses.keys[0].text),
    ):
        assert made_up in page
        page = page.replace(made_up, own)
    names = {"__name__": "__main__", "leaf_hash_of_the_receipt": leaf_hash(row[0]).hex()}
    for block in re.findall(r"```python\n(.*?)```", page, re.S):
        exec(compile(block, "docs/verify-python.md", "exec"), names)
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("True ")
    assert [line.split()[2:4] for line in told[1:4]] == [["tea", "50000"]] * 3
    assert told[-1].endswith("('audit.example/w1',) 7")
