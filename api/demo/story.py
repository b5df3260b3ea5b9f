"""The demonstration's story: founds a ledger and runs both plans from signed statements.

Everything here goes the way that an officer's statement goes: signed with that officer's key,
verified, decided, appended. The clock is the story's own, so that the days fit the plans.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from api.demo.plan_a import PlanA
from api.demo.plan_b import UNIONS, PlanB
from api.demo.recording import Recording
from api.demo.telling import Told
from api.demo.union_today import UnionToday
from ledger.crypto.keys import new_key, public_hex
from ledger.domain.event import Role
from ledger.domain.rules_version import NEWEST
from ledger.events.dossier import DossierAmended
from ledger.events.drawing import MoneyDrawn
from ledger.events.funds import FundAllocated
from ledger.events.nomination import (
    Approved,
    Nominated,
    Rejected,
)
from ledger.events.payout import Disbursed
from ledger.events.registry import KeyRevoked, LedgerFounded
from ledger.writing.intake import Submission
from ledger.writing.signing import Signer, committed


class Story(PlanA, PlanB, UnionToday):
    """Tells the story on an open, empty store."""

    def tell(self, step: Callable[[str], None] = lambda title: None) -> Told:
        """Runs all chapters; ``step`` hears each one's title."""
        ledger = str(uuid4())
        self._store.create_secrets(ledger)
        with self._store.writer(clock=self._clock) as writer:
            self.desk = Recording(writer, self._clock, ledger)
            for title, chapter in (
                ("建立台账，登记单位和人员", self._found),
                ("现行做法：上年度集体慰问", self._close_to_new_year),
                ("方案乙：启动活动，拨入资金", self._open_plan_b),
                ("方案乙：十个基层工会申报名单", self._nominate),
                ("方案甲：申报企业与特困人员", self._list_for_plan_a),
                ("方案乙：读取 Excel 名单并导入", self._import_roster),
                ("方案乙：确认、公示、异议", self._confirm),
                ("方案乙：审批", self._approve),
                ("现行做法：启动活动，拨入资金，结转上年结余", self._open_today),
                ("现行做法：一户一档，申报、初审、审核、公示", self._apply_today),
                ("方案甲：审批，走访慰问，送物资", self._visit_for_plan_a),
                ("方案乙：领取、发放", self._pay),
                ("现行做法：集体研究、审批、拨付、支付复核、支付，集体慰问", self._decide_today),
                ("方案乙：撤销、退回、补录", self._revoke),
                ("现行做法：档案复核，审计抽查，核查、整改、移送", self._oversee_today),
                ("方案甲：结余交回，总结", self._sum_up_plan_a),
                ("试图作假：逐一被拒绝", self._attempts),
            ):
                step(title)
                chapter()
        self.told.ledger, self.told.keys, self.told.recorded = ledger, self.desk.keys, self.desk.recorded
        return self.told

    def _found(self) -> None:
        key = self.desk.signer("registrar").key
        promise, disclosure = committed(self._officials.person())
        self.desk.record(
            "registrar",
            LedgerFounded(
                name="某县送温暖账本（演示）",
                officer="registrar",
                officer_name="授权管理员 许登",
                public_key=public_hex(key),
                ledger_key=self._store.ledger_public_key(),
                rules=NEWEST,
                identity_commitment=promise,
            ),
            disclosure,
        )
        self._unit("city", "某市总工会", "city", None)
        # The second registrar is the last whom the first enrols alone: from here on high roles take both.
        self._enrol("registrar2", "授权管理员 何册", "city", ["registrar"], everywhere=True)
        self._unit("county", "某县总工会", "county", "city")
        for code, name in UNIONS:
            self._unit(code, name, "grass-roots", "county", staff_count=150)
        # A federation is not under a bureau: the bureaus are a tree of their own.
        self._unit("city-bureau", "某市人社局", "city", None)
        self._unit("bureau", "某县人社局", "department", "city-bureau")
        officers: tuple[tuple[str, str, str, list[Role]], ...] = (
            ("approver", "审批人 沈明", "county", ["approver"]),
            ("approver2", "审批人 顾全", "county", ["approver"]),
            ("finance", "财务 钱清", "county", ["finance"]),
            ("finance2", "财务 金算", "county", ["finance"]),
            ("cashier", "出纳 付讫", "county", ["cashier"]),
            ("accountant", "会计 账实", "county", ["accountant"]),
            ("county-confirmer", "确认人 复实", "county", ["confirmer"]),
            ("bureau-clerk", "经办人 方办", "bureau", ["clerk"]),
            ("bureau-confirmer", "确认人 任实", "bureau", ["confirmer"]),
            ("bureau-approver", "审批人 市批", "city-bureau", ["approver"]),
            ("bureau-finance", "财务 市付", "city-bureau", ["finance"]),
            ("bureau-finance2", "财务 市核", "city-bureau", ["finance"]),
        )
        for officer, name, unit, roles in officers:
            self._enrol(officer, name, unit, roles, second="registrar2")
        # Sent by the city's audit office and commission, over both trees.
        self._enrol("auditor", "审计 查正", "city", ["auditor"], everywhere=True, second="registrar2")
        self._enrol("auditor2", "审计 复审", "city", ["auditor"], everywhere=True, second="registrar2")
        self._enrol("inspector", "纪检 严肃", "city", ["inspector"], everywhere=True, second="registrar2")
        for code, name in UNIONS:
            self._enrol(f"{code}-clerk", f"{name}经办人", code, ["clerk"])
            self._enrol(f"{code}-payer", f"{name}发放人", code, ["clerk"])
            self._enrol(f"{code}-confirmer", f"{name}确认人", code, ["confirmer"])

    def _attempts(self) -> None:
        """What must not pass: each with its own reason."""
        self._clock.at("2026-03-03 09:00")
        tea, sugar = self._approved["tea"][1], self._approved["sugar"][1]
        dossier = self._cases["sugar"][sugar][0]
        clerk, approver, finance = (
            self.desk.signer("tea-clerk"),
            self.desk.signer("approver"),
            self.desk.signer("finance"),
        )
        again = self.desk.signer("sugar-clerk").sign(
            Nominated(campaign="b2026", unit="sugar", dossier=dossier, category="hardship-worker")
        )
        self._refused("同一人在同一活动中再次申报", again)
        self._refused(
            "经办人审批自己申报的对象",
            clerk.sign(Approved(campaign="b2026", unit="tea", case=tea, line="workers", amount_fen=1)),
        )
        pay = Disbursed(
            campaign="b2026",
            unit="sugar",
            dossier=dossier,
            case=sugar,
            line="workers",
            amount_fen=50_000,
        )
        self._refused("已发足额后再发一次", finance.sign(pay))
        held_back = self._approved["bus"][-1]
        self._refused(
            "经办人向自己申报的对象发放",
            self.desk.signer("bus-clerk").sign(
                Disbursed(
                    campaign="b2026",
                    unit="bus",
                    dossier=self._cases["bus"][held_back][0],
                    case=held_back,
                    line="workers",
                    amount_fen=50_000,
                    source="drawn",
                    method="cash",
                )
            ),
        )
        revoked = self._approved["cement"][0]
        self._refused(
            "向已撤销的对象发放",
            finance.sign(
                Disbursed(
                    campaign="b2026",
                    unit="cement",
                    dossier=self._cases["cement"][revoked][0],
                    case=revoked,
                    line="workers",
                    amount_fen=50_000,
                )
            ),
        )
        self._pay_to_another_account()
        self._refused(
            "领取超过资金项目余额",
            self.desk.signer("tea-payer").sign(
                MoneyDrawn(campaign="b2026", unit="tea", line="model-workers", amount_fen=2_900_000)
            ),
        )
        self._refused(
            "大额领取只有一人签署",
            finance.sign(MoneyDrawn(campaign="b2026", unit="county", line="workers", amount_fen=3_000_100)),
        )
        honest = finance.sign(FundAllocated(campaign="b2026", line="workers", amount_fen=100)).envelope
        changed = honest.replace(b'"sig":"', b'"sig":"A', 1)[: len(honest)]
        self._refused("签名被改动", Submission(_one_bit(honest)))
        self._refused("信封被截断", Submission(changed))
        stranger = Signer(new_key(), self.desk.ledger, self._clock)
        self._refused(
            "未登记的密钥签署", stranger.sign(FundAllocated(campaign="b2026", line="workers", amount_fen=100))
        )
        elsewhere = Signer(approver.key, str(uuid4()), self._clock)
        self._refused(
            "签给另一台账的签署件",
            elsewhere.sign(Rejected(campaign="b2026", unit="tea", case=tea, reason="不符合条件")),
        )
        alone, identity = self._enrolment("approver3", "审批人 新来", "county", ["approver"])
        self._refused(
            "一名授权管理员单独授予县级审批岗位", self.desk.signer("registrar").sign(alone, identity)
        )
        self.desk.record(
            "registrar",
            KeyRevoked(
                key=self._key_id("finance2"),
                revoked_from="2026-03-03T09:00:00+08:00",
                compromised=True,
                reason="密钥介质遗失",
            ),
        )
        self._refused(
            "已注销的密钥签署",
            self.desk.signer("finance2").sign(
                FundAllocated(campaign="b2026", line="workers", amount_fen=100)
            ),
        )

    def _pay_to_another_account(self) -> None:
        """The clerk changes the account once the case is approved: it waits for whoever confirms."""
        case = self._approved["bus"][-2]
        dossier, _ = self._cases["bus"][case]
        person = self._persons[dossier].model_copy(update={"account": self._people.person().account})
        promise, disclosure = committed(person)
        amended = self.desk.record(
            "bus-clerk",
            DossierAmended(
                unit="bus",
                dossier=dossier,
                facts=self._facts[dossier],
                identity_commitment=promise,
                reason="本人换卡",
            ),
            disclosure,
        )
        pay = Disbursed(
            campaign="b2026",
            unit="bus",
            dossier=dossier,
            dossier_version=amended.id,
            case=case,
            line="workers",
            amount_fen=50_000,
        )
        self._refused("审批后换了收款账户，照新账户发放", self.desk.signer("finance").sign(pay))

    def _key_id(self, officer: str) -> str:
        from ledger.crypto.keys import key_id_of

        return key_id_of(self.desk.keys[officer])


def _one_bit(envelope: bytes) -> bytes:
    """The envelope with one bit of the signature changed, still well-formed."""
    place = envelope.index(b'"sig":"') + 12
    letter = envelope[place : place + 1]
    other = b"B" if letter != b"B" else b"C"
    return envelope[:place] + other + envelope[place + 1 :]
