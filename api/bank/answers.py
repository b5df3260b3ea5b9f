"""What is answered of a bank's answer that was read (回盘读取结果): each line with its payout, or why there is none."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from api.roster.answers import FileNotice
from ledger.events.bank import Differing


class ProfileName(BaseModel):
    """A bank's profile by its name, and what it is called."""

    name: str
    zh: str
    en: str


class Profiles(BaseModel):
    """The profiles that there are, the general one first."""

    profiles: list[ProfileName]


class Candidate(BaseModel):
    """A payout that a line may be about: the officer is asked, and nothing is chosen for them."""

    payout: str
    name: str
    amount_fen: int
    paid_on: str
    serial: str | None
    said_already: str | None


class MatchedLine(BaseModel):
    """A line of the bank's with the payout that it is about, where there is one.

    ``result`` is paid, bounced, or different where account, holder or sum is not the payout's, as ``differs`` says:
    such a line clears nothing. ``problem`` says in both languages why a line is not matched, ``code`` which of the
    reasons it is, ``word`` the bank's word for the result where nobody explained it yet, ``candidates`` which payouts
    may be meant. ``to_record`` says that the ledger does not know it yet, ``to_return`` that it bounced and is not back
    on its line, ``after_success`` that the bank takes back what it said was paid. ``bank_reference`` is the hash that a
    statement names.
    """

    row: int
    name: str
    amount_fen: int | None
    result: Literal["paid", "bounced", "different"] | None
    booked_on: str
    reason: str
    bank_reference: str
    payout: str | None = None
    case: str | None = None
    campaign: str | None = None
    unit: str | None = None
    line: str | None = None
    expected_fen: int | None = None
    kept_fen: int | None = None
    said_already: str | None = None
    matched_by: Literal["serial", "account", "officer"] | None = None
    differs: list[Differing] = []
    after_success: bool = False
    to_record: bool = False
    to_return: bool = False
    code: str | None = None
    word: str | None = None
    candidates: list[Candidate] = []
    problem: dict[str, str] | None = None


class BankColumn(BaseModel):
    """A column of a bank's file (回盘文件的栏): what it is taken for, and some of its cells, long numbers masked."""

    column: str
    heading: str
    field: str | None
    samples: list[str]


class BankColumns(BaseModel):
    """The columns of a bank's file, and the fields that an officer may choose for them."""

    columns: list[BankColumn]
    fields: list[str]


class BankAnswer(BaseModel):
    """The bank's lines, in the order of its file; ``file`` is the file's SHA-256."""

    file: str
    lines: list[MatchedLine]
    notices: list[FileNotice]
