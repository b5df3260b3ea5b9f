"""``songnuan flags`` and ``songnuan flag show``: what stands, and one flag with its evidence."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli import columns
from api.cli.acts.questions import FLAGS
from api.cli.answers import AsCsv, AsJson, AsOf, Campaign, Limit, Shape, UnitName, XlsxFile, answer
from api.cli.desk import at_desk
from api.cli.language import language, say, titled, words_now
from api.cli.output import console, money, one_of, print_json
from api.cli.question import AskedWhole
from api.flags import queries as flags
from api.gate import LATEST, Row, ScopedViews
from api.history import timeline
from api.wording.in_words import in_words
from api.wording.subjects import name_subjects
from api.wording.titles import CodeTitles
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.identity.vault import Vault
from projections.flags.catalogue import all_rules
from projections.flags.rule import SEVERITY_TITLES


def _flag(views: ScopedViews, vault: Vault, *, flag: str, as_of: int = LATEST) -> dict[str, Any]:
    found = flags.one_flag(views, flag, as_of)
    if found is None:
        raise UNKNOWN_REFERENCE.refused(kind="flag", id=flag)
    evidence = timeline.events_at(views, found["evidence"])
    said = in_words(CodeTitles(views), found["details"])
    named = {"flag": flag, "subject": found["subject"]}
    name_subjects([named], views, vault)
    return {
        "flag": found,
        "about": named["about"],
        "said": said,
        "evidence": evidence,
        "history": flags.flag_history(views, flag, as_of),
    }


FLAG = AskedWhole("/flag", _flag, about="{flag}")


def the_flags(
    campaign: Campaign = None,
    rule: Annotated[str | None, typer.Option(help=say("规则", "rule"))] = None,
    unit: UnitName = None,
    severity: Annotated[str | None, typer.Option(help=", ".join(SEVERITY_TITLES))] = None,
    disposition: Annotated[
        str | None, typer.Option("--status", help=say("处置：", "status: ") + ", ".join(flags.DISPOSITIONS))
    ] = None,
    cleared: Annotated[
        bool, typer.Option("--cleared", help=say("也列出已消除的", "those that were cleared, too"))
    ] = False,
    limit: Limit = 1000,
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Lists the flags that stand."""
    shape = Shape(as_json, as_csv, xlsx)
    one_of(severity, SEVERITY_TITLES, "--severity")
    one_of(disposition, flags.DISPOSITIONS, "--status")
    narrowed = {"severity": severity, "disposition": disposition, "cleared": cleared}
    with at_desk() as desk:
        found = desk.rows(FLAGS, as_of=as_of, most=limit, campaign=campaign, rule=rule, unit=unit, **narrowed)
    print_flags(found, shape, cleared=cleared, limit=limit)


def print_flags(
    found: list[Row], shape: Shape | None = None, *, cleared: bool = False, limit: int | None = None
) -> None:
    """The flags as a table; with where each was cleared, if those are listed too."""
    title = say(
        f"疑点（{len(found)} 条；仅供核查，不作为结论）", f"Flags ({len(found)}; leads, not findings)"
    )
    shown = columns.FLAGS_EVER if cleared else columns.FLAGS
    answer(title, shown, found, shape or Shape(), limit=limit)


def show_flag(
    flag: Annotated[
        str,
        typer.Argument(help=say("规则|对象（flags --json 中的 flag）", "rule|subject, from flags --json")),
    ],
    as_of: AsOf = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Shows a flag: its rule, what it is about, and its evidence as events, in order.

    A file has the evidence; JSON has all of it.
    """
    shape = Shape(as_json, as_csv, xlsx)
    with at_desk() as desk:
        answered = desk.whole(FLAG, as_of=as_of, flag=flag)
    found, evidence, history = answered["flag"], answered["evidence"], answered["history"]
    details = answered["said"][language()]
    if as_json:
        print_json({**found, "about": answered["about"], "events": evidence, "history": history})
        return
    if not shape.for_a_file:
        _print(found, answered["about"], details, history)
    answer(say("证据", "Evidence"), columns.TIMELINE, evidence, shape)


def _print(found: Row, about: str, details: str, history: list[Row]) -> None:
    """What the flag says, above its evidence."""
    rule = next(rule for rule in all_rules() if rule.id == found["rule"])
    console.print(f"{say(rule.title_zh, rule.title_en)}  {rule.id} v{found['rule_version']}")
    beside = [titled(flags.BESIDE[each]) for each in found["beside"]]
    told = [
        (say("涉及对象", "about"), about),
        (say("疑点编号", "flag"), found["flag"]),
        (say("条款", "clause"), rule.clause),
        (say("严重程度", "severity"), titled(SEVERITY_TITLES[found["severity"]])),
        (say("活动", "campaign"), found.get("campaign_name", found["campaign"])),
        (say("单位", "unit"), found.get("unit_name", found["unit"]) or "—"),
        (say("金额（元）", "amount"), money(found["amount_fen"])),
        (
            say("处置", "status"),
            say("；", "; ").join([titled(flags.DISPOSITIONS[found["disposition"]]), *beside]),
        ),
        *_news(found),
        (say("参数", "parameters"), words_now().members(found["parameters"]) or "—"),
        (say("说明", "details"), details or "—"),
        (say("经过", "history"), say("；", "; ").join(map(_version, history))),
    ]
    if found["cleared_at"] is not None:
        told.append(
            (say("消除于", "cleared at"), say(f"登记序号 {found['cleared_at']}", str(found["cleared_at"])))
        )
    for title, text in told:
        console.print(f"  {title}{say('：', ': ')}{text}", soft_wrap=True)


def _news(found: Row) -> list[tuple[str, str]]:
    """The evidence that nobody had seen who said what the flag is."""
    positions = say("、", ", ").join(map(str, found["new_evidence"]))
    return [(say("核查后新增证据", "new evidence"), positions)] if positions else []


def _version(row: Row) -> str:
    start, end, amount = row["from_position"], row["to_position"], money(row["amount_fen"])
    if end is None:
        return say(f"自登记序号 {start} 起 {amount} 元", f"from {start}: {amount}")
    return say(f"登记序号 {start} 至 {end}（不含）{amount} 元", f"from {start}, before {end}: {amount}")
