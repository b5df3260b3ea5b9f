"""A bank's answer read and matched (回盘读取): the file's lines by its profile, the payouts within the reader's scope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from api.bank import queries as bank
from api.bank.answer_file import (
    AnswerColumn,
    BankChoices,
    BankFile,
    BankLine,
    columns_of,
    read_bank_file,
)
from api.bank.answers import Candidate, MatchedLine
from api.bank.bank_words import UnknownResult
from api.bank.camt import is_xml
from api.bank.matching import BankPayout, Outcome, ReadLine, Why, match_lines, serials_in
from api.bank.notification import read_notification
from api.bank.profile import AnswerLayout, profile
from api.bank.remembered import RememberedWords
from api.gate import Row, ScopedViews
from api.wording.masked_names import masked_names
from ledger.errors import IdentityFault
from ledger.identity import documents
from ledger.identity.blind_index import Marker
from ledger.identity.vault import Vault

MOST_CANDIDATES = 20
ASKED_AT_ONCE = 5_000
"""For the payouts of so many lines the database is asked at once, so that no question grows with the file."""
_MASKS = "*＊×xX•"

_WHY: dict[Why, tuple[str, str]] = {
    "ambiguous": (
        "有几笔发放都符合，请指明是哪一笔",
        "several payouts agree with this line: say which of them it is about",
    ),
    "asked": (
        "与几笔发放相近而不全相符，请核对",
        "it is near several payouts and agrees with none of them in all: look into it",
    ),
    "account-unknown": (
        "找不到对应的银行发放：附言、账号都不符",
        "no payout by bank has this note or account",
    ),
    "account-masked": (
        "账号有掩码，无法核对，请指明是哪一笔",
        "the account is masked and cannot be compared: say which payout it is about",
    ),
    "name-missing": (
        "没有户名，无法核对，请指明是哪一笔",
        "there is no holder's name to compare: say which payout it is about",
    ),
    "used": (
        "对应的发放已由本文件的另一行说明：一笔发放只对应一行",
        "the payout is what another line of this file is about: one line each",
    ),
}
"""Why a line is matched to nothing, in Chinese and English."""
_DIFFERS = {"account": ("账号", "account"), "holder": ("户名", "holder"), "amount": ("金额", "sum")}


class Reading(NamedTuple):
    """What reads a bank's answer: the views within the asker's scope, marks, names to be masked, earlier choices."""

    views: ScopedViews
    marker: Marker
    vault: Vault
    profiles: Path | None
    remembered: RememberedWords | None = None

    def read(self, path: Path, today: str, name: str, choices: BankChoices) -> tuple[BankFile, str]:
        """The file's lines by the profile of that name, and its SHA-256.

        Raises:
            ProfileUnknown, RosterUnreadable: as :func:`read_bank_file`.
        """
        layout = profile(name, self.profiles).answer
        digest = sha256(path.read_bytes()).hexdigest()
        if is_xml(path):
            return read_notification(path), digest
        return read_bank_file(path, today, layout, choices, self._before(layout)), digest

    def columns(self, path: Path, name: str, choices: BankChoices) -> list[AnswerColumn]:
        """The file's columns, each with the field that the profile of that name or the officer takes it for.

        Raises:
            ProfileUnknown, RosterUnreadable: as :func:`read_bank_file`.
        """
        if is_xml(path):
            return []
        layout = profile(name, self.profiles).answer
        return columns_of(path, layout, choices, self._before(layout))

    def keep(self, name: str, choices: BankChoices) -> None:
        """Keep what was chosen for this officer's next file, as far as the profile of that name does not know it."""
        if self.remembered is not None:
            self.remembered.keep(choices, profile(name, self.profiles).answer)

    def _before(self, layout: AnswerLayout) -> BankChoices:
        return BankChoices() if self.remembered is None else self.remembered.of(layout)

    def matched(self, lines: list[BankLine], choices: BankChoices) -> Iterator[MatchedLine]:
        """Each line with its payout, or why there is none."""
        references = _references(lines)
        wanted = [
            _read_line(each, references[each.row], self.marker) for each in lines if each.problem is None
        ]
        by_id: dict[str, Row] = {}
        for begin in range(0, len(wanted), ASKED_AT_ONCE):
            some = wanted[begin : begin + ASKED_AT_ONCE]
            found = bank.bank_payouts(
                self.views,
                bank.Asked(
                    names=[name for each in some for name in serials_in(each.note)],
                    accounts=[each.account for each in some if each.account is not None],
                    holders=[holder for each in some for holder in each.holders],
                    hashes=[each.hash for each in some],
                ),
            )
            by_id |= {row["payout"]: row for row in found}
        outcomes = match_lines(wanted, map(_payout, by_id.values()), dict(choices.payouts))
        # Of a file of the most rows, what was compared takes as much memory as the answer.
        wanted.clear()
        shown = {
            payout.payout
            for each in outcomes.values()
            for payout in (each.payout, *each.candidates[:MOST_CANDIDATES])
            if payout is not None
        }
        names = masked_names(self.views, self.vault, sorted({by_id[each]["dossier"] for each in shown}))
        for line in lines:
            yield _matched(line, references[line.row], outcomes.get(line.row), by_id, names)


def _references(lines: list[BankLine]) -> dict[int, str]:
    """The hash of each line: over what the bank says of it but the result, and which of several alike it is."""
    seen: Counter[str] = Counter()
    found = {}
    for line in lines:
        said = "|".join(
            (
                line.reference,
                line.account,
                line.name,
                str(line.amount_fen),
                line.dated,
                line.first_note or line.note,
            )
        )
        seen[said] += 1
        found[line.row] = sha256(f"{said}|{seen[said]}".encode()).hexdigest()
    return found


def _read_line(line: BankLine, reference: str, marker: Marker) -> ReadLine:
    assert line.amount_fen is not None
    assert line.result is not None
    masked = any(mark in line.account for mark in _MASKS)
    account = None if masked or not line.account else marker.mark("account", documents.folded(line.account))
    return ReadLine(
        line.row, account, holders_of(line.name, marker), line.amount_fen, line.result, line.note, reference
    )


def holders_of(name: str, marker: Marker) -> list[str]:
    """The marks that a holder's name may have, a person's or an enterprise's; none where it is masked or no name."""
    if not name or any(mark in name for mark in "*＊×•"):
        return []
    found = []
    for normal in (documents.person_name, documents.organisation_name):
        try:
            found.append(marker.mark("name", normal(name)))
        except IdentityFault:
            continue
    return list(dict.fromkeys(found))


def _payout(row: Row) -> BankPayout:
    return BankPayout(
        payout=row["payout"],
        case=row["case_id"],
        account=row["account"],
        holder=row["holder"],
        amount_fen=row["amount_fen"],
        serials=tuple(row["serials"] or ()),
        said=row["bank"],
        said_by=tuple(row["said_by"] or ()),
    )


def _matched(
    line: BankLine, reference: str, outcome: Outcome | None, rows: dict[str, Row], names: dict[str, str]
) -> MatchedLine:
    matched = MatchedLine(
        row=line.row,
        name="—",
        amount_fen=line.amount_fen,
        result=None,
        booked_on=line.booked_on,
        reason=line.reason,
        bank_reference=reference,
    )
    if outcome is None:
        assert line.problem is not None
        matched.code = line.problem.code
        matched.word = line.problem.word if isinstance(line.problem, UnknownResult) else None
        matched.problem = {
            "zh": f"{line.cell}：{line.problem.message('zh')}",
            "en": f"{line.cell}: {line.problem.message('en')}",
        }
        return matched
    matched.candidates = [
        _candidate(rows[each.payout], names) for each in outcome.candidates[:MOST_CANDIDATES]
    ]
    if outcome.payout is None:
        assert outcome.why is not None
        zh, en = _WHY[outcome.why]
        matched.code, matched.problem = outcome.why, {"zh": zh, "en": en}
        return matched
    row = rows[outcome.payout.payout]
    matched.name = names.get(row["dossier"], "—")
    matched.payout, matched.case = row["payout"], row["case_id"]
    matched.campaign, matched.unit, matched.line = row["campaign"], row["unit"], row["line"]
    matched.expected_fen, matched.kept_fen = row["amount_fen"], row["kept_fen"]
    matched.said_already = row["bank"]
    matched.matched_by, matched.after_success = outcome.matched_by, outcome.after_success
    matched.result = "different" if outcome.differs else line.result
    matched.to_record = not outcome.told
    matched.to_return = matched.result == "bounced" and row["kept_fen"] > 0
    matched.differs = outcome.differs
    if outcome.differs:
        titles = [_DIFFERS[each] for each in outcome.differs]
        zh, en = "、".join(each[0] for each in titles), ", ".join(each[1] for each in titles)
        matched.code = "differs"
        matched.problem = {
            "zh": f"{zh}与发放不符，不作对账，将记为疑点",
            "en": f"another {en} than the payout's: it clears nothing, and is recorded as a finding",
        }
    return matched


def _candidate(row: Row, names: dict[str, str]) -> Candidate:
    return Candidate(
        payout=row["payout"],
        name=names.get(row["dossier"], "—"),
        amount_fen=row["amount_fen"],
        paid_on=str(row["paid_on"]),
        serial=(row["serials"] or [None])[0],
        said_already=row["bank"],
    )
