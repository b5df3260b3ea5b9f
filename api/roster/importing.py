"""A roster's way into the ledger (名单导入): prepared, signed once, submitted, resumed after a break.

What was signed is kept in a journal until every line is recorded, identities sealed by the vault.
Submitting the same statements again is harmless, so a break costs nothing and doubles nothing; a
person who is in the campaign already is left out and named.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import orjson

from api.gate import LATEST, ScopedViews
from api.roster.choices import Choices
from api.roster.readiness import asks_dossiers, kept_records, refusal
from api.roster.reading import CellFault, RosterRow
from api.roster.roster_file import NOTHING_CHOSEN
from api.wording.masked_names import masked_names
from ledger.domain.claims import claim_of
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.state import Dossier
from ledger.errors import Refused
from ledger.events.dossier import DossierFiled
from ledger.events.nomination import Nominated
from ledger.identity.blind_index import Marker
from ledger.identity.documents import PersonIdentity, masked_document, masked_name
from ledger.identity.vault import Disclosure, Sealed, Vault
from ledger.statements.statement import Statement
from ledger.writing.batch import Outcome
from ledger.writing.intake import Submission
from ledger.writing.signing import Signer, committed
from ledger.writing.writer import Writer


@dataclass(frozen=True)
class Prepared:
    """What a roster comes to: the lines to file, and those in the campaign already; by the lines' numbers."""

    rows: list[RosterRow]
    dossiers: dict[int, str]
    """line → the dossier that this unit has of the person already."""
    already: dict[int, str]
    """line → the live case of the person, among those of this unit."""
    elsewhere: frozenset[int] = frozenset()
    """Lines whose person is on another list of the campaign; whose and where is not said."""
    waits: frozenset[int] = frozenset()
    """Lines of which the dossier alone is filed: the policy asks more of it than it has, each line warns of what."""

    def is_listed(self, line: int) -> bool:
        """Whether the person has a live case in the campaign, here or elsewhere."""
        return line in self.already or line in self.elsewhere


def prepare(
    rows: list[RosterRow],
    campaign: str,
    unit: str,
    marker: Marker,
    views: ScopedViews,
    vault: Vault | None = None,
    policy: Policy | None = None,
    today: str = "",
    of_dossiers: ScopedViews | None = None,
) -> Prepared:
    """Looks up who is nominated already, and who has a dossier with this unit.

    ``of_dossiers`` are the views in which dossiers are looked up, where ``views`` are cut to a campaign: a dossier
    that has no case in it yet is none of the campaign's.

    Of cases outside the views' scope it is said that there is one, and nothing else. A line whose number
    stands in the ledger under another name gets a fault, and is not among the lines to file.
    """
    marks = {row.line: marker.marks_of(row.identity) for row in rows if row.identity is not None}
    by_person = {each["person"]: line for line, each in marks.items()}
    filed = (of_dossiers or views).rows(
        "SELECT person, dossier, unit, marks ->> 'name' AS name FROM dossiers WHERE person = ANY(%(persons)s)"
        " AND to_position IS NULL AND NOT (erased OR sealed) ORDER BY filed_position",
        persons=list(by_person),
    )
    renamed = {
        by_person[found["person"]]: found["dossier"]
        for found in filed
        if found["name"] != marks[by_person[found["person"]]]["name"]
    }
    names = (
        masked_names(of_dossiers or views, vault, list(renamed.values()))
        if vault is not None and renamed
        else {}
    )
    for row in rows:
        if row.line in renamed and row.identity is not None:
            row.faults.append(_named_otherwise(row, names.get(renamed[row.line], "—")))
    kept = [row for row in rows if not row.faults]
    claims = {claim_of(campaign, marks[row.line]["person"]): row.line for row in kept if row.line in marks}
    live = {
        claims[found["claim"]]: found["case_id"]
        for found in views.rows(
            "SELECT claim, case_id FROM claims WHERE claim = ANY(%(claims)s)", claims=list(claims)
        )
    }
    dossiers = {
        by_person[found["person"]]: found["dossier"]
        for found in filed
        if found["unit"] == unit and by_person[found["person"]] not in renamed
    }
    return Prepared(
        rows=kept,
        dossiers=dossiers,
        already={line: case for line, case in live.items() if case is not None},
        elsewhere=frozenset(line for line, case in live.items() if case is None),
        waits=frozenset()
        if policy is None
        else _waiting(kept, dossiers, unit, of_dossiers or views, policy, today),
    )


def _waiting(
    rows: list[RosterRow], dossiers: dict[int, str], unit: str, views: ScopedViews, policy: Policy, today: str
) -> frozenset[int]:
    """Lines that the policy would refuse to nominate as their dossiers stand; each gets a warning that says why."""
    if not asks_dossiers(policy):
        return frozenset()
    known = kept_records(views, dossiers.values(), LATEST)
    waiting = set()
    for row in rows:
        if row.identity is None:
            continue
        name = dossiers.get(row.line, "")
        dossier = Dossier(name, unit, row.identity.kind, "", today)
        refused = refusal(dossier, row.category, policy, today, known.get(name, ()))
        if refused is not None:
            waiting.add(row.line)
            row.warnings.append(_waits(row, refused))
    return frozenset(waiting)


def _waits(row: RosterRow, refused: Refused) -> CellFault:
    """The warning of a line that is not nominated yet: its dossier is told by the person's masked name."""
    assert row.identity is not None
    named = Refused(refused.rule, {**refused.details, "dossier": masked_name(row.identity.name)})
    return CellFault(
        row.person_cell,
        "对象类别",
        row.category,
        refused.code,
        f"本行只建档，暂不申报。{named.message('zh')}",
        f"the dossier alone is filed, nobody is nominated yet: {named.message('en')}",
    )


def _named_otherwise(row: RosterRow, recorded: str) -> CellFault:
    """The fault of a number that stands in the ledger under another name."""
    assert row.identity is not None
    is_person = isinstance(row.identity, PersonIdentity)
    number = row.identity.number if isinstance(row.identity, PersonIdentity) else row.identity.credit_code
    here = masked_name(row.identity.name)
    return CellFault(
        row.person_cell,
        "公民身份号码" if is_person else "统一社会信用代码",
        masked_document(number),
        "number-two-names",
        f"同一号码有两个姓名：本名单为 {here}，台账中为 {recorded}，请核对证件；更名的先作档案变更",
        f"one number under two names: {here} in this roster, {recorded} in the ledger;"
        " compare the document, and amend the dossier first where the name was changed",
    )


class SaidOfAll(NamedTuple):
    """What the officer says of all persons whose lines do not say it (用途、走访方式): codes of the policy's words."""

    purpose: str | None = None
    visit_mode: str | None = None


NOTHING_SAID = SaidOfAll()


def statements(
    prepared: Prepared, campaign: str, unit: str, signer: Signer, said: SaidOfAll = NOTHING_SAID
) -> tuple[list[Statement], list[Disclosure | None]]:
    """Dossiers of all lines to file and nominations of those that do not wait, in order."""
    made: list[Statement] = []
    disclosures: list[Disclosure | None] = []
    for row in prepared.rows:
        if prepared.is_listed(row.line):
            continue
        assert row.identity is not None
        assert row.facts is not None
        of_persons = said if row.identity.kind == "person" else NOTHING_SAID
        dossier = prepared.dossiers.get(row.line)
        if dossier is None:
            promise, disclosure = committed(row.identity)
            filed = signer.statement(
                DossierFiled(
                    unit=unit,
                    recipient=row.identity.kind,
                    identity_commitment=promise,
                    facts=row.facts,
                ),
                on=row.on,
            )
            made.append(filed)
            disclosures.append(disclosure)
            dossier = filed.id
        if row.line in prepared.waits:
            continue
        made.append(
            signer.statement(
                Nominated(
                    campaign=campaign,
                    unit=unit,
                    dossier=dossier,
                    category=row.category,
                    amount_fen=row.amount_fen,
                    purpose=row.purpose or of_persons.purpose,
                    visit_mode=row.visit_mode or of_persons.visit_mode,
                )
            )
        )
        disclosures.append(None)
    return made, disclosures


class Journal:
    """The signed lines of one roster, until all are recorded. One file, this user's alone."""

    def __init__(
        self, folder: Path, roster: Path, campaign: str, unit: str, choices: Choices = NOTHING_CHOSEN
    ) -> None:
        digest = hashlib.sha256(roster.read_bytes())
        digest.update(f"\0{campaign}\0{unit}".encode())
        if choices != NOTHING_CHOSEN:
            # The same file by other choices is another roster: what is listed already is left out of it.
            digest.update(choices.model_dump_json().encode())
        self.path = folder / f"{digest.hexdigest()[:32]}.jsonl"
        self._done = self.path.with_suffix(".done")

    @property
    def is_open(self) -> bool:
        """Whether signed lines wait to be recorded."""
        return self.path.exists()

    def done(self) -> dict[str, object] | None:
        """What became of this very roster, if it was imported before."""
        return orjson.loads(self._done.read_bytes()) if self._done.exists() else None

    def write(self, submissions: list[Submission], vault: Vault) -> None:
        """Keeps the signed lines; whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = self.path.with_suffix(".new")
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            for index, submission in enumerate(submissions):
                line: dict[str, object] = {"envelope": submission.envelope.decode()}
                if submission.disclosure is not None:
                    sealed = vault.seal(f"journal-{index}", "", submission.disclosure)
                    line["key"] = sealed.wrapped_key.hex()
                    line["box"] = sealed.box.hex()
                file.write(orjson.dumps(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self.path)

    def read(self, vault: Vault) -> list[Submission]:
        """The signed lines, as they were signed."""
        return list(self._read(vault))

    def _read(self, vault: Vault) -> Iterator[Submission]:
        with self.path.open("rb") as file:
            for index, raw in enumerate(file):
                line = orjson.loads(raw)
                disclosure = None
                if "box" in line:
                    box, key = bytes.fromhex(line["box"]), bytes.fromhex(line["key"])
                    disclosure = vault.open(Sealed(f"journal-{index}", "", vault.version, key, box))
                yield Submission(line["envelope"].encode(), disclosure)

    def close(self, summary: dict[str, object]) -> None:
        """All lines are recorded: only the summary stays."""
        self._done.write_bytes(orjson.dumps(summary))
        self.path.unlink()


def submit(submissions: list[Submission], writer: Writer, progress: Callable[[int], None]) -> list[Outcome]:
    """Submits a roster's lines; harmless to repeat."""
    return writer.record_all(submissions, progress)
