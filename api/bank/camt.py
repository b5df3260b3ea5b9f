"""ISO 20022 from a bank: statements (camt.053) and notifications (camt.054), taken apart by a program under limits.

Read whatever their version: elements are taken by name. A document type is refused, and with it every entity. What
comes back is JSON; money stays text until its currency is seen.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

from api.service.limited_process import (
    NO_MEMORY,
    LimitMet,
    ProcessLimits,
    ProgramFailed,
    limit_this_process,
    run_limited,
)

LIMITS = ProcessLimits(memory_bytes=192 * 1024 * 1024, cpu_seconds=20, wall_seconds=40.0)
MOST_DEPTH = 64
MOST_ENTRIES = 40_000
MESSAGES = {"BkToCstmrStmt": "camt.053", "BkToCstmrDbtCdtNtfctn": "camt.054"}
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)


class Detail(NamedTuple):
    """One transaction of an entry: the references that we gave, the other side, and whether it is a return."""

    references: list[str]
    amount: str
    currency: str
    name: str
    account: str
    note: str
    is_return: bool
    reason: str


class Entry(NamedTuple):
    """An entry as it stands: ``direction`` is DBIT or CRDT, ``status`` BOOK where it is booked."""

    reference: str
    booked_on: str
    direction: str
    amount: str
    currency: str
    status: str
    note: str
    details: list[Detail]


class Statement(NamedTuple):
    """A statement or notification; ``opening`` and ``closing`` are (sum, CRDT or DBIT), None where there is none."""

    message: str
    account: str
    from_day: str
    to_day: str
    opening: list[str] | None
    closing: list[str] | None
    entries: list[Entry]


class NoCamt(Exception):
    """A file that is no such message; ``why`` in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def is_xml(path: Path) -> bool:
    """Whether a file begins as an XML document of ISO 20022 does."""
    with path.open("rb") as file:
        head = file.read(2048)
    return b"<" in head[:8] and any(name.encode() in head for name in (*MESSAGES, "iso:20022"))


def read_camt(path: Path) -> list[Statement]:
    """The statements of a message, read by a process of its own.

    Raises:
        NoCamt: it is none, it is damaged, or it asks for more than it may have.
    """
    try:
        raw = run_limited(__name__, str(path.absolute()), limits=LIMITS)
    except (LimitMet, ProgramFailed):
        raise NoCamt("文件超出处理上限，未读取", "the file exceeds the limits and was not read") from None
    answer = json.loads(raw)
    if "why" in answer:
        raise NoCamt(*answer["why"])
    return [_statement(each) for each in answer["statements"]]


def _statement(said: list[Any]) -> Statement:
    statement = Statement(*said)
    entries = [Entry(*each) for each in statement.entries]
    return statement._replace(
        entries=[each._replace(details=[Detail(*detail) for detail in each.details]) for each in entries]
    )


# --- The program ---------------------------------------------------------------------------------


class _Node:
    """An element by its name, without namespace; ``text`` is what stands in it directly."""

    __slots__ = ("attributes", "name", "parts", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name, self.attributes, self.text = name, attributes, ""
        self.parts: list[_Node] = []

    def all(self, *way: str) -> Iterator[_Node]:
        """The elements that lie at the end of a way."""
        for part in self.parts:
            if part.name == way[0]:
                if len(way) == 1:
                    yield part
                else:
                    yield from part.all(*way[1:])

    def first(self, *way: str) -> _Node | None:
        """The first of them."""
        return next(self.all(*way), None)

    def said(self, *way: str) -> str:
        """Its text; nothing where there is none."""
        found = self.first(*way)
        return "" if found is None else found.text.strip()


def _tree(raw: bytes) -> _Node:
    root = _Node("", {})
    stack = [root]
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > MOST_DEPTH:
            raise ValueError("too deep")
        node = _Node(name.rpartition(" ")[2], attributes)
        stack[-1].parts.append(node)
        stack.append(node)

    def text(data: str) -> None:
        stack[-1].text += data

    def refuse(*_: object) -> None:
        raise ValueError("a document type")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.Parse(raw, True)
    return root


def _read(raw: bytes) -> list[Statement]:
    document = _tree(raw).first("Document")
    found: list[Statement] = []
    for element, message in MESSAGES.items():
        for body in () if document is None else document.all(element):
            found += [_one(each, message) for each in (*body.all("Stmt"), *body.all("Ntfctn"))]
    return found


def _one(statement: _Node, message: str) -> Statement:
    entries = [_entry(each) for each in statement.all("Ntry")]
    days = [entry.booked_on for entry in entries if entry.booked_on]
    from_day = statement.said("FrToDt", "FrDtTm")[:10] or min(days, default="")
    to_day = statement.said("FrToDt", "ToDtTm")[:10] or max(days, default="")
    account = statement.first("Acct", "Id") or _Node("", {})
    return Statement(
        message=message,
        account=account.said("Othr", "Id") or account.said("IBAN"),
        from_day=from_day,
        to_day=to_day,
        opening=_balance(statement, _OPENING),
        closing=_balance(statement, _CLOSING),
        entries=entries,
    )


def _balance(statement: _Node, codes: tuple[str, ...]) -> list[str] | None:
    for balance in statement.all("Bal"):
        if balance.said("Tp", "CdOrPrtry", "Cd") in codes:
            amount = balance.first("Amt")
            currency = "" if amount is None else amount.attributes.get("Ccy", "")
            return [balance.said("Amt"), balance.said("CdtDbtInd"), currency]
    return None


def _entry(entry: _Node) -> Entry:
    amount = entry.first("Amt")
    return Entry(
        reference=entry.said("AcctSvcrRef") or entry.said("NtryRef"),
        booked_on=(entry.said("BookgDt", "Dt") or entry.said("BookgDt", "DtTm"))[:10],
        direction=entry.said("CdtDbtInd"),
        amount=entry.said("Amt"),
        currency="" if amount is None else amount.attributes.get("Ccy", ""),
        status=entry.said("Sts", "Cd") or entry.said("Sts"),
        note=" ".join(
            [
                entry.said("AddtlNtryInf"),
                *(each.text.strip() for each in entry.all("NtryDtls", "Btch", "PmtInfId")),
            ]
        ).strip(),
        details=[_detail(each, entry) for each in entry.all("NtryDtls", "TxDtls")],
    )


def _detail(detail: _Node, entry: _Node) -> Detail:
    is_debit = (detail.said("CdtDbtInd") or entry.said("CdtDbtInd")) == "DBIT"
    other = "Cdtr" if is_debit else "Dbtr"
    # From the fourth version on a party stands within one more element.
    parties = detail.first("RltdPties") or _Node("", {})
    account = parties.first(f"{other}Acct", "Id") or _Node("", {})
    amount = detail.first("Amt") or detail.first("AmtDtls", "TxAmt", "Amt")
    back = detail.first("RtrInf")
    references = [detail.said("Refs", name) for name in ("EndToEndId", "InstrId", "PmtInfId")]
    return Detail(
        references=[each for each in references if each and each != "NOTPROVIDED"],
        amount="" if amount is None else amount.text.strip(),
        currency="" if amount is None else amount.attributes.get("Ccy", ""),
        name=parties.said(other, "Nm") or parties.said(other, "Pty", "Nm"),
        account=account.said("Othr", "Id") or account.said("IBAN"),
        note=" ".join(each.text.strip() for each in detail.all("RmtInf", "Ustrd")),
        is_return=back is not None,
        reason="" if back is None else back.said("AddtlInf") or back.said("Rsn", "Cd"),
    )


def _answer(path: Path) -> dict[str, Any]:
    try:
        found = _read(path.read_bytes())
    except (expat.ExpatError, ValueError) as error:
        return {
            "why": ["不是可读的 ISO 20022 文件（camt.053、camt.054）", f"no readable camt message: {error}"]
        }
    if not found:
        return {
            "why": ["文件中没有对账单（camt.053）或到账通知（camt.054）", "it holds no camt.053 or camt.054"]
        }
    if sum(len(each.entries) for each in found) > MOST_ENTRIES:
        return {"why": [f"超过 {MOST_ENTRIES} 笔", f"more than {MOST_ENTRIES} entries"]}
    return {"statements": found}


def main() -> None:
    """Read the message that is named, and write what it says as JSON to the standard output."""
    limit_this_process(LIMITS)
    try:
        sys.stdout.write(json.dumps(_answer(Path(sys.argv[1]))))
    except (MemoryError, RecursionError):
        sys.exit(NO_MEMORY)


if __name__ == "__main__":
    main()
