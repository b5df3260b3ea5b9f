"""What is answered of linkage (人员比对应答): pairs with who they are about, runs and what they are about to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, JsonValue

from projections.frame.column import Number, Title
from projections.linkage.kinds import Kind


@dataclass
class LinkedDossiers:
    """Two dossiers that the newest run that compared them found, and the flags that stand on the pair.

    ``filed_in`` is the campaign that the ledger compared at filing; null where an officer's run found the pair.
    """

    pair: str
    position: int
    kind: Annotated[Kind, Title("判断", "taken for")]
    weight_milli: Annotated[Number, Title("匹配度", "weight, thousandths of a bit")]
    first: str
    first_name: Annotated[str, Title("甲", "first")]
    first_unit: Annotated[str, Title("甲单位", "first's unit")]
    second: str
    second_name: Annotated[str, Title("乙", "second")]
    second_unit: Annotated[str, Title("乙单位", "second's unit")]
    name: Annotated[Number, Title("姓名", "name")]
    number: Annotated[Number, Title("证件号", "number")]
    phone: Annotated[Number, Title("电话", "phone")]
    account: Annotated[Number, Title("账户", "account")]
    home: Annotated[Number, Title("住处", "home")]
    flags: Annotated[list[str], Title("疑点", "flags")]
    filed_in: Annotated[str | None, Title("申报时比对", "compared at filing")]


class LinkageOffer(BaseModel):
    """What a run over a unit would be: by which model, from which run on, over how many persons."""

    model: str
    since: str | None
    persons: Number


class LinkageRun(BaseModel):
    """How a run stands; once it is done, ``bodies`` are those of the events ``type`` that who started it signs."""

    run: str
    state: Literal["running", "done", "failed"]
    step: str
    dossiers: int
    fresh: int
    set_aside: int
    pairs: int
    not_found: int
    started_at: str
    ended_at: str | None
    problem: str | None
    type: str
    bodies: list[JsonValue]
