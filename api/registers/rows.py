"""Lists from outside as they are answered (名单应答): what each is, which flags it raised, what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from projections.flags.rule import Severity
from projections.frame.column import Fen, Number, Title
from projections.frame.view import Version
from projections.views.registers import RegisterRow


@dataclass
class ListedRegister(Version, RegisterRow):
    """A list with who registered it, and how many flags that stand rest on it."""

    officer: Annotated[str | None, Title("登记人", "registered by")]
    matched: Annotated[Number, Title("命中", "hits")]


@dataclass
class ListMatch:
    """A flag that stands and rests on a list; ``dossier`` is whose case it is about, where it is about one."""

    raised_at: Annotated[int, Title("发现于", "raised at")]
    rule: Annotated[str, Title("规则", "rule")]
    severity: Annotated[Severity, Title("程度", "severity")]
    unit: Annotated[str, Title("单位", "unit")]
    masked_name: Annotated[str, Title("姓名或名称", "name")]
    amount_fen: Annotated[Fen, Title("金额（元）", "amount")]
    subject: str
    flag: str
    dossier: str | None


class ListColumn(BaseModel):
    """What a row of a kind holds besides its number, and the headings by which it is found."""

    name: str
    headings: list[str]
    needed: bool


class ListKind(BaseModel):
    """A kind of list (名单种类); ``revealed`` is the purpose for which a row is shown, null where none is.

    ``given`` says that its rows are help given before, of a year that has to be said.
    """

    code: str
    zh: str
    en: str
    meaning_zh: str
    meaning_en: str
    identity: Literal["person", "enterprise"]
    severity: Severity
    columns: list[ListColumn]
    revealed: str | None
    given: bool
    keep_days: int


class ListLineFault(BaseModel):
    """A line that was not taken: where it stands, and why."""

    sheet: str
    line: int
    code: str
    zh: str
    en: str


class ListRead(BaseModel):
    """A list that was read and waits a day for its signature; ``event`` is the body that registers it, of
    the event type ``type``. ``total_fen`` is what payouts come to that are brought in.

    ``duplicates`` are rows whose number stands in it more than once; ``codes`` counts the lines that were not
    taken by what is wrong with them, of which ``faults`` shows the first.
    """

    rows: int
    duplicates: int
    invalid: int
    codes: dict[str, int]
    faults: list[ListLineFault]
    mapping: dict[str, str]
    unused: list[str]
    total_fen: int
    type: str
    event: dict[str, str | int | dict[str, str]]


class RevealsRecorded(BaseModel):
    """The ids of the statements by which the inspector said what they are shown."""

    statements: Annotated[
        list[Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]],
        Field(min_length=1, max_length=100),
    ]


class RevealedRow(BaseModel):
    """A line of a list, and what it says by the names of its kind's columns."""

    statement: str
    register_id: str
    line: int
    said: dict[str, str | int]
