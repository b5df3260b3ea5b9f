"""A body of every event for the table of authority, each reference filled with a thing of one cell."""

from __future__ import annotations

from typing import Any

from ledger.domain.authority import strict_exclusions
from ledger.domain.rules_version import NEWEST
from tests.scene import policy, public_key
from tests.unit.decisions.planted_world import (
    MONEY,
    OPENING,
    OWN_STEPS,
    PROCEDURE,
    SINCE,
    SITES,
    Things,
    brought_in,
    listed,
)


def bodies(things: Things) -> dict[str, list[dict[str, Any]]]:
    """At least one body of each event, each reference of it filled with a thing of one cell."""
    ids, cases = things.ids, things.cases
    on = {"campaign": things.cell.campaign, "unit": things.cell.unit}
    unit, campaign = {"unit": on["unit"]}, {"campaign": on["campaign"]}
    nominated, confirmed, approved = (
        {**on, "case": cases[s]} for s in ("nominated", "confirmed", "approved")
    )
    afterwards = {"after_the_fact": True, "after_the_fact_reason": "系统停用"}
    money = MONEY
    new_key = {"public_key": public_key("somebody new"), "valid_from": SINCE}
    of_dossier = {**unit, "dossier": ids["dossier"]}
    recipient = {**on, "dossier": ids["approved dossier"], "case": cases["approved"]}
    flag = {"rule": "backdated", "subject": ids["subject"], "raised_at": 5}
    flags = {"flags": [flag], "text": "核查"}
    facts = {"identity_commitment": "0" * 64, "facts": {}}
    grants = {"grants": [{"role": "clerk", **on}]}
    level = dict.fromkeys(("name", "number", "phone", "account", "home", "unit"), 1)
    pair = {"first": ids["dossier"], "second": ids["approved dossier"], "weight_milli": 1, **level}
    terms = policy(procedure=PROCEDURE, collective=SITES, compare_at_filing=True).model_dump(
        mode="json", exclude_defaults=True
    )
    returned = {
        **on, "payout": ids["payout"], "case": cases["paid"], **money, "kind": "refused", "reason": "未收",
    }  # fmt: skip

    def basis(state: str) -> dict[str, Any]:
        dossier = ids[f"{state} dossier"]
        return {"basis": {"dossier": dossier, "version": dossier}}

    draw = [{**on, **money}, {**on, **money, **afterwards}]
    return {
        "LedgerFounded.v2": [{
            "name": "又一本", "officer": "r2", "officer_name": "乙", "public_key": public_key("r2"),
            "ledger_key": public_key("l2"), "rules": 2,
        }],
        "UnitRegistered.v1": [{"unit": "new", "name": "新", "level": "town", "parent": on["unit"]}],
        "OfficerEnrolled.v1": [{
            "officer": "somebody", "name": "某", **unit, **new_key, **grants, "identity_commitment": "0" * 64,
        }],
        "OfficerIdentified.v1": [{"officer": f"{on['unit']}-nobody", "identity_commitment": "0" * 64}],
        "KinDeclared.v1": [{"officer": ids["officer"], "relation": "child", "identity_commitment": "0" * 64}],
        "RolesChanged.v1": [{"officer": ids["officer"], **grants, "reason": "调岗"}],
        "KeyRotated.v1": [{"officer": ids["officer"], **new_key, "replaces": ids["key"]}],
        "KeyRevoked.v1": [{
            "key": ids["key"], "revoked_from": SINCE, "compromised": False, "reason": "遗失",
        }],
        "LedgerKeyRotated.v1": [{"public_key": public_key("l2"), "reason": "年度更换"}],
        "RulesAdopted.v1": [{"version": 2, "reason": "上级要求"}],
        "ExclusionsSet.v1": [{
            "exclusions": [
                {"role": r.role, "other": r.other, "anywhere": True} for r in strict_exclusions(NEWEST)
            ], "reason": "从严",
        }],
        "SetBackAccepted.v1": [{"size": 9, "root": "0" * 64, "head": 8, "reason": "灾后"}],
        "ClockAccepted.v1": [{"found": "NOW", "until": "NOW", "reason": "校时"}],
        "DayPassed.v1": [{"day": "2026-01-09"}],
        "AccessLogSealed.v1": [{"lines": 5, "head": "0" * 64}],
        "CampaignOpened.v1": [{"campaign": "e2026", **unit, "title": "新", "policy": terms}],
        "PolicyAmended.v1": [{**campaign, "policy": terms, "reason": "补充"}],
        "CampaignClosed.v1": [{**campaign}],
        "RosterFiled.v1": [{**on, "annex": "2", "count": 1}],
        "SummaryFiled.v2": [{
            **on, "persons": 1, "amount_fen": 1, "text": "完成", "as_of": 1,
            "figures": [{"unit": on["unit"], "persons": 1, "amount_fen": 1}],
        }],
        "FundAllocated.v1": [{**campaign, **money}],
        "FundTransferred.v1": [{
            **campaign, "from_line": "workers", "to_line": "models", "amount_fen": 1, "reason": "调剂",
        }],
        "CollectiveHelpApproved.v1": [{
            **on, "line": "workers", "amount_fen": 1, "site": "一车间", "headcount": 2, "reason": "坚守岗位",
        }],
        "CollectiveHelpGiven.v1": [{
            **on, "line": "workers", "amount_fen": 1, "help": ids["collective-help"], "document": {"number": "1"},
        }],
        "CollectiveHelpReturned.v1": [{
            **on, "line": "workers", "amount_fen": 1, "help": ids["collective-help"], "reason": "多领",
        }],
        "FundsCarriedOver.v1": [{
            **campaign, "from_line": "workers", "to_campaign": things.cell.campaign, "to_line": "workers",
            "amount_fen": 1, "reason": "结转",
        }],
        "FundReturned.v1": [{**campaign, **money, "reason": "结余"}],
        "DossierFiled.v1": [{**unit, **facts}, {**unit, **facts, **afterwards}],
        "DossierAmended.v1": [{**unit, "dossier": ids["dossier"], "facts": {}, "reason": "更正"}],
        "DossierSealed.v1": [{**unit, "dossier": ids["dossier"], "reason": "申请"}],
        "DossierErased.v1": [{**unit, "dossier": ids["dossier"], "reason": "申请"}],
        "MemberRecorded.v1": [{**of_dossier, "relation": "child", "identity_commitment": "0" * 64}],
        "MemberLeft.v1": [{**of_dossier, "member": ids["member"], "reason": "迁出"}],
        "MemberErased.v1": [{**of_dossier, "member": ids["member"], "reason": "申请"}],
        "MemberRevealed.v1": [{**of_dossier, "member": ids["member"], "purpose": "核对"}],
        "HouseholdDeclared.v1": [{
            **of_dossier, "locality": "某县", "year": 2026, "applicant": {"income_fen": 1},
            "members": [{"member": ids["member"], "income_fen": 1}],
        }],
        "ConsentRecorded.v1": [{**of_dossier, "document": {"number": "1"}, "members": [ids["member"]]}],
        "ConsentWithdrawn.v1": [{**of_dossier, "reason": "家庭提出"}],
        "HouseholdVisited.v1": [{**of_dossier, "visitors": ["甲"], "found": "相符", "agrees": True}],
        "DossierDiscussed.v1": [{**of_dossier, "minutes": {"number": "1"}, "agreed": True}],
        "PlacedOnFile.v1": [of_dossier],
        "DossierReviewed.v1": [{
            **unit, "dossier": ids["approved dossier"], "outcome": "unchanged", "found": "未变",
        }],
        "DossierEnded.v1": [{**of_dossier, "ending": "withdrawn", "reason": "本人申请"}],
        "IdentityRevealed.v1": [{**unit, "dossier": ids["dossier"], "purpose": "核对"}],
        "Nominated.v1": [
            {**on, "dossier": ids["dossier"], "category": "worker", **more} for more in ({}, afterwards)
        ],
        "Confirmed.v1": [{**nominated, **basis("nominated")}],
        "NoticePosted.v1": [{
            **on, "cases": [cases["nominated"]], "start": "2026-01-10", "end": "2026-01-17", "place": "门口",
        }],
        "ObjectionReceived.v1": [{
            **nominated, "notice": ids["notice"], "number": "ABCDEFGHJKLM", "digest": "0" * 64,
        }],
        "ObjectionLodged.v1": [{
            **nominated, "notice": ids["notice"], "received": ids["received"], "text": "不实",
            "opening": OPENING.model_dump(),
        }],
        "ObjectionSettled.v1": [{
            **nominated, "objection": ids["objection"], "upheld": False, "reason": "属实",
        }],
        "StepTaken.v1": [
            {**on, "case": cases[f"before {code}"], "step": code, "role": role} for code, role in OWN_STEPS
        ],
        "Approved.v1": [
            {**confirmed, **money, **basis("confirmed"), **more} for more in ({}, afterwards)
        ],
        "Rejected.v1": [{**confirmed, "reason": "不符"}],
        "Revoked.v1": [
            {**approved, "target": "approval", "reason": "有误"},
            {**confirmed, "target": "nomination", "reason": "有误"},
        ],
        "MoneyDrawn.v1": draw,
        "DrawnReturned.v1": [{**on, **money, "reason": "未发"}],
        "Disbursed.v1": [
            {**recipient, **money, "source": "drawn", "method": "cash"},
            {**recipient, **money},
            {**recipient, **money, **afterwards},
        ],
        "AidDelivered.v1": [
            {**recipient, "form": "goods", "items": [{"name": "米", "quantity": 1, "measure": "袋",
             "value_fen": 100}], **more} for more in ({}, afterwards)
        ],
        "RecipientAbsent.v1": [approved],
        "PayoutReturned.v1": [returned],
        "BankLineMatched.v1": [{
            **on, "payout": ids["payout"], "bank_reference": "0" * 64, "amount_fen": 100,
            "booked_on": "2026-01-10", "result": "paid",
        }],
        "DayReconciled.v1": [{
            **campaign, "line": "workers", "day": "2026-01-10", "ledger_fen": 100, "bank_fen": 100,
        }],
        "PaymentFileMade.v1": [{
            **on, "batch": "26011001", "profile": "general", "file": "0" * 64, "count": 1, "sum_fen": 100,
            "lines": [{
                "payout": ids["payout"], "amount_fen": 100, "case": ids["paid case"], "dossier": ids["paid dossier"],
            }],
        }],
        "AccountStatementRecorded.v1": [{
            **campaign, "account": "new", "lines": ["workers"], "from_day": "2026-01-01", "to_day": "2026-01-10",
            "opening_fen": 100, "closing_fen": 0, "file": "f" * 64, "entries": [{
                "bank_reference": "a" * 64, "booked_on": "2026-01-10", "direction": "debit", "amount_fen": 100,
                "payouts": [ids["payout"]],
            }],
        }],
        "AccountStatementTakenBack.v1": [{
            **campaign, "account": "icbc", "account_statement": ids["account-statement"], "reason": "文件有误",
        }],
        "OutflowExplained.v1": [{
            **campaign, "account_statement": ids["account-statement"], "bank_reference": "f" * 64, "reason": "手续费",
        }],
        "FlagReviewed.v1": [{**on, "flag": flag, "disposition": "dismissed", "reason": "无误"}],
        "VerificationDecided.v1": [
            {**on, "flags": [flag], "outcome": "interview", "reason": "函询"},
            {**on, "flags": [flag], "outcome": "kept", "kept_until": "2027-01-10", "reason": "待查"},
        ],
        "RectificationOrdered.v1": [{
            **on, "document": {"number": "2"}, "items": [{
                "what": "补件", **unit, "due": "2027-01-10", "flag": flag, "investigation": ids["investigation"],
            }],
        }],
        "RectificationStruckOff.v1": [{
            **on, "rectification": ids["rectification"], "item": 1, "evidence": {"number": "1"}, "text": "已补",
        }],
        "MatterHandedOver.v1": [{
            **on, "organ": "监委", "letter": {"number": "2"}, "handed_over_on": "2026-01-10", "what": "线索",
            "investigation": ids["investigation"], "flags": [flag],
        }],
        "OutsideCaseRecorded.v1": [{
            **on, "organ": "监委", "file_number": "1", "filed_on": "2026-01-10", "what": "立案",
            "investigation": ids["investigation"], "handover": ids["handover"],
        }],
        "CaseOpened.v1": [{**on, "title": "核查", **flags}],
        "CaseExtended.v1": [{**on, "investigation": ids["investigation"], **flags}],
        "ChartFiled.v1": [{
            **on, "investigation": ids["investigation"], "drawn_at": 1, "text": "资金流向",
            "nodes": [{"node": "unit:tea", "x": 0, "y": 0, "note": "两户同址"}],
        }],
        "CaseClosed.v1": [{
            **on, "investigation": ids["investigation"], "finding": "partly", "amount_fen": 0, "text": "办结",
            "officers": [ids["officer"]],
            "measures": [{"kind": "warning", **unit, "officer": ids["officer"], "text": "警告"}],
        }],
        "SanctionImposed.v1": [{
            **unit, "year": 2032, "investigation": ids["investigation"], "reason": "违规",
        }],
        "SanctionLifted.v1": [{**unit, "sanction": ids["sanction"], "reason": "复查"}],
        "ConductReported.v1": [{**on, "officer": ids["officer"], "kind": "gift", "text": "收礼"}],
        "SampleExamined.v1": [{
            **on, "method": "random", "draw": ids["draw"], "seed": ids["seed of draw"], "size": 1, "drawn_at": 1,
            "examined": 1,
            "exceptions": [{"case": ids["case"], "finding": "缺件"}], "conclusion": "有误",
        }],
        "WorkingPaperReviewed.v1": [{**on, "sample": ids["sample"], "outcome": "agreed", "opinion": "依据充分"}],
        "DrawOrdered.v1": [{**on, "of": "call-back", "size": 1}, {**on, "of": "sample", "size": 1}],
        "CallBackRecorded.v1": [{
            **on, "payout": ids["payout"], "draw": ids["draw of payouts"], "seed": ids["seed of draw of payouts"], "size": 1,
            "drawn_at": 1, "reached": True,
            "answer": "less", "received_fen": 50,
        }],
        "SlipsIssued.v1": [{**on, "slips": [{"payout": ids["payout"], "digest": "f" * 64}]}],
        "RecipientSpoke.v1": [{
            **on, "payout": ids["payout"], "slip": ids["slip"], "number": "ABCDEFGHJKLM", "answer": "never",
        }],
        "LinkageStarted.v1": [{**on, "purpose": "查重", "model": "m-1", "since": ids["linkage"]}],
        "PersonsLinked.v1": [{
            **on, "run": ids["linkage"], "compared": 2, "set_aside": 0,
            "pairs": [{**pair, "guarded": True, "one_edit": False}],
            "not_found": [{"first": pair["first"], "second": pair["second"]}], "parts": 1,
        }],
        "FilingsCompared.v1": [{
            "campaign": things.cell.campaign, "unit": "county", "model": "m-1", "through": 5, "compared": 2, "fresh": 1,
            "set_aside": 0, "pairs": [{**pair, "guarded": True, "one_edit": False}], "part": 1, "parts": 1,
        }],
        "ReferenceListed.v1": [listed(things.cell.unit, 999_999, replaces=ids["register"])],
        "EarlierPayoutsListed.v1": [
            brought_in(things.cell.unit, 999_998, replaces=ids["brought-in"]),
            brought_in(things.cell.unit, 999_997),
        ],
        "ReferenceWithdrawn.v1": [{**unit, "reference": ids["register"], "reason": "有误"}],
        "ReferenceErased.v1": [{**unit, "reference": ids["register"], "reason": "到期"}],
        "ReferenceRevealed.v1": [
            {**unit, "reference": ids["register"], "dossier": ids["dossier"], "purpose": "核实"},
        ],
        "ReferenceRowRevealed.v1": [{**unit, "reference": ids["register"], "line": 1, "purpose": "核实"}],
        "UpperEnrolled.v1": [{
            "upper": "new", "name": "某市", "level": "city", "region": "430100",
            "public_key": public_key("a reader"), "proof_of_possession": "0" * 128,
        }],
        "UpperRevoked.v1": [{"upper": ids["upper"], "reason": "停用"}],
        "LedgerFollowed.v1": [{
            "followed": "new", "ledger": "0194f000-0000-4000-8000-000000000001", "name": "某县", "level": "county",
            "region": "430181", "public_key": public_key("a log"),
        }],
        "CheckpointSeen.v1": [{"followed": ids["followed"], "day": "2026-01-10", "size": 1, "root": "0" * 64}],
        "SummaryTaken.v1": [{
            "followed": ids["followed"], "day": "2026-01-10", "of_campaign": "b", "of_unit": "u",
            "filed_on": "2026-01-10", "position": 2, "as_of": 1, "declared_persons": 1, "declared_fen": 1,
        }],
        "MirrorFault.v1": [{"followed": ids["followed"], "day": "2026-01-10", "fault": "fork", "size": 1}],
        "EvaluatorKeyed.v1": [{"version": 2026, "evaluation_key": public_key("a key of evaluation")}],
        "AskerAdmitted.v1": [{
            "asker": "new", "ledger": "0194f000-0000-4000-8000-000000000002", "name": "某县",
            "public_key": public_key("an asker"), "proof_of_possession": "0" * 128,
        }],
        "QuotaGranted.v1": [{"asker": ids["asker"], "of_campaign": "b", "dossiers": 7}],
        "BatchEvaluated.v1": [{
            "asker": ids["asker"], "of_campaign": "granted", "version": 2026, "count": 3, "batch": "1" * 64,
        }],
        "EvaluatorAccepted.v1": [{
            "evaluator": "new", "name": "某市审计局", "version": 2026, "evaluation_key": public_key("another key"),
        }],
        "DossierMarked.v1": [{
            "dossier": ids["dossier"], "dossier_version": ids["dossier"], "version": 2026,
            "evaluators": [ids["evaluator"], "audit-office"], "person": "2" * 64,
        }],
        "ReferenceMarked.v1": [{
            "reference": ids["register"], "version": 2026, "evaluators": [ids["evaluator"], "audit-office"],
            "first": 0, "rows": [{"mark": "2" * 64, "since": "2026-01-01"}],
        }],
        "MatchAnswerFiled.v1": [{
            **unit, "dossier": ids["dossier"], "upper": ids["upper"], "match": "3" * 64,
            "rule": "person-paid-twice", "answer": "returned", "text": "已追回",
        }],
        "ComparisonRun.v1": [{
            "day": "2026-01-10", "engine": "duckdb", "ledgers": [{"followed": ids["followed"], "size": 1}],
            "marks": 1, "found": 0, "new": 0,
        }],
        "MatchFound.v1": [{
            "day": "2026-01-10", "match": "4" * 64, "rule": "account-shared", "first": ids["followed"],
            "first_position": 1, "second": "other-below", "second_position": 2, "year": 2026,
        }],
        "MatchAnswered.v1": [{
            "day": "2026-01-10", "followed": ids["followed"], "match": things.ids["match"], "position": 2,
            "answer": "both-due",
        }],
    }  # fmt: skip
