"""The public notice as a paper (公示): masked names, period, whom to object to, the seal's place; to be posted on A4."""

from __future__ import annotations

from datetime import date

from api.notices import queries as notices
from api.papers.context import PaperContext
from api.papers.paper import (
    Block,
    Fields,
    Paper,
    Paragraphs,
    Proof,
    Seal,
    Signatures,
    Together,
    chinese_day,
    money,
    table,
)
from api.papers.proofs import qr_code
from api.wording.masked_names import masked_names
from api.wording.vocabulary import policies_seen
from ledger.domain.policy.public_notice import NoticeRules
from ledger.domain.state import UNKNOWN_REFERENCE


def notice_paper(context: PaperContext, notice_id: str, *, number: str | None, address: str | None) -> Paper:
    """A notice as it was posted; ``address`` is the service's origin, where telephones reach the notice's page.

    Raises:
        Refused: ``reference-unknown``.
    """
    found = notices.notice(context.views, notice_id, context.as_of)
    if found is None:
        raise UNKNOWN_REFERENCE.refused(kind="notice", id=notice_id)
    names = masked_names(context.views, context.vault, [case["dossier"] for case in found["cases"]])
    sums = [case["approved_fen"] or case["asked_fen"] for case in found["cases"]]
    rows = [
        [
            str(place),
            names.get(case["dossier"], "—"),
            context.category(found["campaign"], case["category"]),
            money(amount_fen),
        ]
        for place, (case, amount_fen) in enumerate(zip(found["cases"], sums, strict=True), 1)
    ]
    asked = _asked(context, found["campaign"])
    contacts = found["contacts"] or _contacts_of(asked)
    blocks: list[Block] = [
        Paragraphs(texts=[_opening(found, len(rows), None if asked is None else asked.text)]),
        table(
            [("序号", "center"), ("姓名或名称", "left"), ("类别", "left"), ("拟慰问金额（元）", "right")],
            rows,
            totals=["", f"合计 {len(rows)} 例", "", money(sum(each or 0 for each in sums) or None)],
        ),
    ]
    end: list[Fields | Paragraphs | Signatures | Seal | Proof] = [_reached(found, contacts)]
    if address is not None:
        page = f"{address}/app/notice/{notice_id}"
        end.append(
            Proof(
                heading="在线查看",
                code=qr_code(page),
                width=22,
                caption="扫码查看公示",
                texts=["可在网页上查看公示并提出异议；提交后请保存所得编号，凭编号查询处理结果。", page],
            )
        )
    end.append(Seal(issuer=contacts.get("issuer") or found["unit_name"], day=chinese_day(found["start_on"])))
    return Paper(
        name="notice",
        title="关于拟慰问对象的公示",
        lead=[found["title"]],
        number=number,
        issuer=contacts.get("issuer") or found["unit_name"],
        foot=context.foot,
        made_at=context.made_at,
        blocks=[*blocks, Together(blocks=end)],
    )


OBJECTIONS = "公示期内对名单有异议的，请向受理单位反映，并尽可能提供事实依据。"
"""What a notice says of objections where the policy does not say it in its own words."""


def _asked(context: PaperContext, campaign: str) -> NoticeRules | None:
    """What the campaign's policy lays down of notices, as it stands."""
    policies = policies_seen(context.views, context.as_of, campaign)
    return policies[0].notice if policies else None


def _contacts_of(asked: NoticeRules | None) -> dict[str, str]:
    if asked is None or asked.contacts is None:
        return {}
    return asked.contacts.model_dump(exclude_none=True)


def _opening(found: dict[str, object], count: int, text: str | None) -> str:
    start, end = date.fromisoformat(str(found["start_on"])), date.fromisoformat(str(found["end_on"]))
    days = (end - start).days + 1
    return (
        f"{found['unit_name']}现将“{found['title']}”拟慰问对象共 {count} 例予以公示，接受群众监督。"
        f"公示期自{chinese_day(start)}至{chinese_day(end)}，共 {days} 天。"
        f"{text or OBJECTIONS}"
    )


def _reached(found: dict[str, object], contacts: dict[str, str]) -> Fields:
    items = [("公示地点", str(found["place"]))]
    if contacts:
        items += [
            ("受理异议", contacts["objections_to"]),
            ("联系电话", contacts["phone"]),
            ("监督电话", contacts["supervising_phone"]),
        ]
        if contacts.get("address"):
            items.append(("联系地址", contacts["address"]))
    return Fields(items=items)
