"""``songnuan step``: which steps a case has gone, which one is due, and taking it."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import columns
from api.cli.acts.context import Context
from api.cli.answers import AsCsv, AsJson, AsOf, Shape, XlsxFile, answer
from api.cli.asking import TIMELINE
from api.cli.desk import at_desk, record
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import KeyFile, On, checked
from api.cli.passphrases import PassphraseFile
from api.cli.question import Asked
from api.cli.receipts import print_receipt
from api.gate import LATEST, Row, ScopedViews
from api.steps import queries
from ledger.domain.policy.campaign_policy import Policy
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.events.steps import STEP_UNKNOWN, StepTaken
from ledger.identity.vault import Vault


def _steps(views: ScopedViews, vault: Vault, *, case: str, as_of: int = LATEST) -> list[Row]:
    return queries.steps(views, case, as_of)


STEPS = Asked("/steps", _steps, about="case:{case}")

CaseName = Annotated[str, typer.Argument(help=say("对象编号（申报的签署件编号）", "the case's id"))]


def list_(
    case: CaseName,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Lists the steps of a case in order, with who took each and which one is due."""
    with at_desk() as desk:
        found = desk.rows(STEPS, as_of=as_of, case=case)
    answer(say("办理步骤", "Steps"), columns.STEPS, found, Shape(as_json, as_csv, xlsx))


def take(
    key: KeyFile,
    case: CaseName,
    step: Annotated[str, typer.Argument(help=say("步骤代码", "the step's code"))],
    paper: Annotated[
        list[str] | None,
        typer.Option(help=say("附件：名称=文号，可多次", "a paper: title=number, may be repeated")),
    ] = None,
    minutes: Annotated[str | None, typer.Option(help=say("会议纪要编号", "the minutes' number"))] = None,
    held_on: Annotated[
        str | None, typer.Option(help=say("会议日期，如 2026-01-15", "the day of the meeting"))
    ] = None,
    note: Annotated[str | None, typer.Option(help=say("备注", "a note"))] = None,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Takes a step of the policy's own for a case, in the role that the policy gives it."""
    if (minutes is None) != (held_on is None):
        raise Misused("--minutes 与 --held-on 须同时给出", "--minutes and --held-on go together")
    campaign, unit, role = _place(case, step)
    event = checked(
        StepTaken,
        {
            "campaign": campaign,
            "unit": unit,
            "case": case,
            "step": step,
            "role": role,
            "papers": [_paper(each) for each in paper or []],
            "minutes": None if minutes is None else {"document": {"number": minutes}, "held_on": held_on},
            "note": note,
        },
    )
    print_receipt(record(event, key, passphrase_file, on=on), as_json)


def _paper(text: str) -> dict[str, object]:
    title, equals, number = text.partition("=")
    if not equals:
        raise Misused(f"附件应写作 名称=文号：{text}", f"a paper is written title=number: {text}")
    return {"title": title, "document": {"number": number}}


def _place(case: str, step: str) -> tuple[str, str, str]:
    """The case's campaign and unit, and the role that its policy gives the step.

    Raises:
        Refused: ``reference-unknown``, ``step-unknown``.
    """
    with at_desk() as desk:
        touched = desk.rows(TIMELINE, kind="case", name=case)
        about = next((row for row in touched if row["case_id"] == case and row["campaign"]), None)
        if about is None:
            raise UNKNOWN_REFERENCE.refused(kind="case", id=case)
        campaign, unit = about["campaign"], about["unit"]
        policy = Context(desk).policy(campaign)
    found = Policy.model_validate(policy).step(step)
    if found is None or found.act is not None:
        raise STEP_UNKNOWN.refused(step=step)
    return campaign, unit, found.role
