"""Money and goods on their way (资金与实物): drawn by a unit, paid, handed out, delivered, and back again."""

from __future__ import annotations

from typing import Any

from api.cli.acts.cases import REASON, of_case
from api.cli.acts.command import command
from api.cli.acts.context import Context
from api.cli.acts.declaration import Act, Given, Option
from api.cli.acts.questions import PAYOUTS
from api.cli.acts.subjects import OF_CASES
from api.cli.exit_codes import Misused
from api.gate import Row
from ledger.events.drawing import DrawnReturned, MoneyDrawn
from ledger.events.payout import AidDelivered, Disbursed, PayoutReturned, RecipientAbsent

OWED = ("approved", "paid-in-part", "returned")
GRANTED = ("approved", "paid-in-part", "paid")
OF_CAMPAIGN = Option("campaign", "活动", "the campaign", required=True)
OF_UNIT = Option("unit", "单位", "the unit", required=True)
LINE = Option("line", "资金项目", "the line", required=True)
AMOUNT = Option("amount_fen", "金额（元）", "the sum in yuan", "amount", required=True)
DOCUMENT = Option("document", "凭证号", "the document's number", "document")
PROXY = Option(
    "authorisation", "代领：委托书编号", "taken by a proxy: the authorisation's number", "document"
)


def _paid_on(row: Row) -> dict[str, Any]:
    """The case and the dossier's version that is seen: that is paid, and no other."""
    return {**of_case(row), "dossier": row["dossier"], "dossier_version": row["dossier_version"]}


def _owed(row: Row, given: Given) -> dict[str, Any]:
    """The line, and what is approved and not yet paid, or the part of it that is given."""
    unpaid = row["approved_fen"] - row["kept_fen"]
    return {"line": row["line"], "amount_fen": given.get("amount_fen", unpaid)}


def _receipt(given: Given) -> dict[str, Any]:
    if "authorisation" not in given:
        return {}
    return {"receipt": {"received_by": "proxy", "authorisation": given["authorisation"]}}


def _delivered(context: Context, row: Row, given: Given) -> dict[str, Any]:
    item = {"name": given["item"], "quantity": given.get("quantity", 1), "measure": given["measure"]}
    if "value_fen" in given:
        item["value_fen"] = given["value_fen"]
    document = {"document": given["document"]} if "document" in given else {}
    return {
        **_paid_on(row),
        "form": given.get("form", "goods"),
        "items": [item],
        **document,
        **_receipt(given),
    }


def _returned(context: Context, row: Row, given: Given) -> dict[str, Any]:
    """The case's last payout of which something is still out, or the one named; all that is left of it."""
    payouts = context.rows(PAYOUTS, case=row["case_id"])
    left = [each for each in payouts if each["amount_fen"] > each["returned_fen"]]
    if "payout" in given:
        left = [each for each in left if each["payout"] == given["payout"]]
    if not left:
        name = row["nominated_position"]
        raise Misused(f"对象 {name} 没有可退回的发放", f"nothing of case {name} can come back")
    payout = left[-1]
    return {
        "campaign": payout["campaign"],
        "unit": payout["unit"],
        "payout": payout["payout"],
        "case": row["case_id"],
        "line": payout["line"],
        "amount_fen": given.get("amount_fen", payout["amount_fen"] - payout["returned_fen"]),
        "kind": given["kind"],
        "to": given.get("to") or ("drawn" if payout["drawn"] else "line"),
        "reason": given["reason"],
    }


pay = command(
    Act(
        Disbursed,
        OF_CASES,
        states=OWED,
        options=(
            Option("document", "付款凭证号", "the payment's document", "document", required=True),
            Option(
                "amount_fen", "每户金额（元），默认付清", "yuan for each, else all that is owed", "amount"
            ),
            Option(
                "method",
                "付款方式，默认 bank",
                "how it is paid, else bank",
                choices={"bank": ("转账", "by bank"), "cash": ("现金", "in cash")},
            ),
        ),
        body=lambda context, row, given: {**_paid_on(row), **_owed(row, given), **given},
    )
)
hand_out = command(
    Act(
        Disbursed,
        OF_CASES,
        states=OWED,
        options=(
            Option(
                "amount_fen", "每户金额（元），默认付清", "yuan for each, else all that is owed", "amount"
            ),
            DOCUMENT,
            PROXY,
        ),
        body=lambda context, row, given: {
            **_paid_on(row),
            **_owed(row, given),
            "source": "drawn",
            "method": "cash",
            **({"document": given["document"]} if "document" in given else {}),
            **_receipt(given),
        },
    )
)
absent = command(
    Act(
        RecipientAbsent,
        OF_CASES,
        states=OWED,
        options=(Option("note", "备注", "a note"),),
        body=lambda context, row, given: {**of_case(row), **given},
        fen=lambda row, body: row["approved_fen"] - row["kept_fen"],
    )
)
deliver = command(
    Act(
        AidDelivered,
        OF_CASES,
        states=GRANTED,
        options=(
            Option("item", "品名或服务", "what is given", required=True),
            Option("quantity", "数量，默认 1", "how many, else 1", "whole"),
            Option("measure", "计量单位", "the measure", required=True),
            Option("value_fen", "价值合计（元），实物必填", "its worth in yuan, for goods", "amount"),
            Option(
                "form",
                "慰问形式，默认 goods",
                "the form of support, else goods",
                choices={
                    "goods": ("实物", "goods"),
                    "job": ("岗位", "a job"),
                    "training": ("培训", "training"),
                    "policy": ("政策", "a policy explained"),
                },
            ),
            DOCUMENT,
            PROXY,
        ),
        body=_delivered,
        fen=lambda row, body: body["items"][0].get("value_fen"),
    )
)
return_ = command(
    Act(
        PayoutReturned,
        OF_CASES,
        states=("paid", "paid-in-part"),
        options=(
            Option(
                "kind",
                "退回情形",
                "why it comes back",
                required=True,
                choices={
                    "refused": ("本人不领", "refused"),
                    "bounced": ("银行退票", "bounced by the bank"),
                    "clawed-back": ("追回", "clawed back"),
                },
            ),
            REASON,
            Option("payout", "发放编号，默认最近一笔", "the payout's id, else the last"),
            Option("amount_fen", "金额（元），默认全额", "the sum in yuan, else all of it", "amount"),
            Option(
                "to",
                "退至何处，默认原渠道",
                "where to, else where it came from",
                choices={"line": ("资金项目", "the line"), "drawn": ("单位领款", "what the unit drew")},
            ),
        ),
        body=_returned,
    )
)
draw = command(
    Act(
        MoneyDrawn,
        options=(OF_CAMPAIGN, OF_UNIT, LINE, AMOUNT, DOCUMENT),
        body=lambda context, row, given: dict(given),
    )
)
give_back = command(
    Act(
        DrawnReturned,
        options=(OF_CAMPAIGN, OF_UNIT, LINE, AMOUNT, REASON),
        body=lambda context, row, given: dict(given),
    )
)
