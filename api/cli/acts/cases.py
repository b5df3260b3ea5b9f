"""The way of a case (对象的办理): confirmed, on notice, objected to, approved, rejected, revoked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from api.cli.acts.command import command
from api.cli.acts.context import Context
from api.cli.acts.declaration import Act, Given, Option
from api.cli.acts.subjects import OF_CASES, OF_OBJECTIONS, OF_RECEIVED
from api.cli.exit_codes import Misused
from api.gate import Row
from ledger.events.nomination import Approved, Confirmed, NoticePosted, Rejected, Revoked
from ledger.events.objection import ObjectionLodged, ObjectionSettled

LIVE = ("nominated", "confirmed", "on-notice")
REASON = Option("reason", "事由", "the reason", required=True)


def of_case(row: Row) -> dict[str, Any]:
    """Campaign, unit and case, as every statement about a case repeats them."""
    return {"campaign": row["campaign"], "unit": row["unit"], "case": row["case_id"]}


def _with_basis(row: Row) -> dict[str, Any]:
    """The dossier's version that is seen: that is confirmed or approved, and no other."""
    return {**of_case(row), "basis": {"dossier": row["dossier"], "version": row["dossier_version"]}}


def _approved(context: Context, row: Row, given: Given) -> dict[str, Any]:
    """The forms that were asked for; the sum and the line as given, else as the policy has them."""
    policy = context.policy(row["campaign"])
    category: dict[str, Any] = next(
        (each for each in policy["categories"] if each["code"] == row["category"]), {}
    )
    forms = row["forms"].split(",")
    body: dict[str, Any] = {**_with_basis(row), "forms": forms}
    if "money" in forms:
        lines = policy["lines"]
        line = given.get("line") or category.get("line") or (lines[0]["code"] if len(lines) == 1 else None)
        amount = given.get("amount_fen") or category.get("standard_fen") or row["asked_fen"]
        if line is None:
            raise Misused("方案未定资金项目，请加 --line", "the policy names no line: add --line")
        if amount is None:
            raise Misused("方案未定标准，请加 --amount", "the policy sets no standard: add --amount")
        body |= {"line": line, "amount_fen": amount}
    if "goods" in forms:
        if "goods_fen" not in given:
            raise Misused(
                "申报含实物，请加 --goods（价值）", "goods were asked for: add --goods, their value"
            )
        body["goods_fen"] = given["goods_fen"]
    return body


def _notices(context: Context, rows: list[Row], given: Given) -> list[dict[str, Any]]:
    """A notice for each unit."""
    cases: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        cases[row["campaign"], row["unit"]].append(row["case_id"])
    contacts = {name: value for name, value in given.items() if name in _CONTACTS}
    rest = {name: value for name, value in given.items() if name not in _CONTACTS}
    return [
        {
            "campaign": campaign,
            "unit": unit,
            "cases": found,
            **rest,
            **({"contacts": contacts} if contacts else {}),
        }
        for (campaign, unit), found in cases.items()
    ]


def _revoked(context: Context, row: Row, given: Given) -> dict[str, Any]:
    target = "approval" if row["step"].startswith("approved") else "nomination"
    return {**of_case(row), "target": target, **given}


def _lodged(context: Context, row: Row, given: Given) -> dict[str, Any]:
    """What the public wrote, in its own words."""
    opening = {} if row["opening"] is None else {"opening": row["opening"]}
    return {
        **of_case(row),
        "notice": row["notice"],
        "received": row["number"],
        "text": row["text"],
        **opening,
    }


def _settled(context: Context, row: Row, given: Given) -> dict[str, Any]:
    rest = {name: value for name, value in given.items() if name != "outcome"}
    return {**of_case(row), "objection": row["objection"], "upheld": given["outcome"] == "upheld", **rest}


def _asked_fen(row: Row, body: Mapping[str, Any]) -> int | None:
    found: int | None = row.get("asked_fen")
    return found


_CONTACTS = ("issuer", "objections_to", "phone", "supervising_phone", "address")

confirm = command(
    Act(
        Confirmed,
        OF_CASES,
        states=("nominated", "suspended"),
        body=lambda context, row, given: _with_basis(row),
        fen=_asked_fen,
    )
)
notice = command(
    Act(
        NoticePosted,
        OF_CASES,
        states=("confirmed",),
        options=(
            Option("start", "公示起日", "the first day", "day", required=True),
            Option("end", "公示止日", "the last day", "day", required=True),
            Option("place", "公示地点", "where it is posted", required=True),
            Option("issuer", "公示单位（落款）", "who posts it"),
            Option("objections_to", "异议受理人或部门", "who takes objections"),
            Option("phone", "受理电话", "their telephone"),
            Option("supervising_phone", "监督电话", "the supervising office's telephone"),
            Option("address", "受理地址", "their address"),
        ),
        bodies=_notices,
    )
)
approve = command(
    Act(
        Approved,
        OF_CASES,
        states=("confirmed", "on-notice"),
        options=(
            Option(
                "amount_fen",
                "每户批准金额（元），默认按方案标准",
                "yuan for each, else the standard",
                "amount",
            ),
            Option("line", "资金项目，默认按类别", "the line, else the category's"),
            Option("goods_fen", "批准的实物价值（元）", "the value up to which goods are approved", "amount"),
        ),
        body=_approved,
    )
)
reject = command(
    Act(
        Rejected,
        OF_CASES,
        states=LIVE,
        options=(REASON,),
        body=lambda context, row, given: {**of_case(row), **given},
        fen=_asked_fen,
    )
)
revoke = command(
    Act(
        Revoked,
        OF_CASES,
        states=(*LIVE, "approved", "approved-after-the-fact", "suspended"),
        options=(REASON,),
        body=_revoked,
        fen=lambda row, body: row["approved_fen"] - row["paid_fen"] + row["returned_fen"],
    )
)
object_ = command(
    Act(
        ObjectionLodged,
        OF_CASES,
        options=(
            Option("text", "异议内容", "what is objected", required=True),
            Option("notice", "公示编号", "the notice's id"),
        ),
        body=lambda context, row, given: {**of_case(row), **given},
        fen=lambda row, body: None,
        is_by_name=True,
    )
)
take_down = command(
    Act(
        ObjectionLodged,
        OF_RECEIVED,
        body=_lodged,
        fen=lambda row, body: None,
        afterwards=lambda context, body, statement: context.desk.note_taken_down(body["received"], statement),
    )
)
settle = command(
    Act(
        ObjectionSettled,
        OF_OBJECTIONS,
        options=(
            Option(
                "outcome",
                "处理结果",
                "what came of it",
                required=True,
                choices={"upheld": ("成立", "it holds"), "dismissed": ("不成立", "it does not hold")},
            ),
            REASON,
        ),
        body=_settled,
        is_by_name=True,
        fen=lambda row, body: None,
    )
)
