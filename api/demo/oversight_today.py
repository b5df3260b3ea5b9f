"""The story of oversight by today's practice: a sample with its paper and review, outcomes, a list, a letter."""

from __future__ import annotations

from api.demo.telling import Teller
from api.flags import queries as flags
from api.gate import every_view
from ledger.domain.event import Document
from ledger.events.draws import DrawOrdered, seed_of
from ledger.events.handover import MatterHandedOver, OutsideCaseRecorded
from ledger.events.oversight import CaseOpened, FlagKey, SampleExamined, SampleException
from ledger.events.rectification import RectificationItem, RectificationOrdered, RectificationStruckOff
from ledger.events.verification import Outcome, VerificationDecided
from ledger.events.working_paper import WorkingPaperReviewed


class OversightToday(Teller):
    """The chapters of audit and discipline inspection over the campaign by today's rules."""

    def _audit_today(self, campaign: str, case: str) -> None:
        """The auditor draws a sample, finds a page that is not signed, and another auditor reviews the paper."""
        on = {"campaign": campaign, "unit": "county"}
        order = self.desk.record("auditor", DrawOrdered.model_validate({**on, "of": "sample", "size": 3}))
        examined = SampleExamined.model_validate(
            {
                **on,
                "method": "random",
                "seed": seed_of(order.id, order.recorded_at),
                "size": 3,
                "drawn_at": order.position,
                "draw": order.id,
                "examined": 3,
                "exceptions": [
                    SampleException(case=case, finding="入户调查记录缺被访人签字，无法证实调查情况。")
                ],
                "conclusion": "资金已全部发放到人，凭证齐全；入户调查记录不完整，须补正。",
            }
        )
        sample = self.desk.record("auditor", examined).id
        self._clock.later(minutes=60)
        agreed = {"sample": sample, "outcome": "agreed", "opinion": "取证充分，结论恰当。"}
        self.desk.record("auditor2", WorkingPaperReviewed.model_validate({**on, **agreed}))

    def _put_right_today(self, campaign: str) -> None:
        """What the sample found is put right by a day: the list is ordered, and its item struck off."""
        item = RectificationItem(what="补齐入户调查记录的签字页", unit="machinery", due="2026-03-10")
        ordered = RectificationOrdered(
            campaign=campaign, document=Document(number="经审整改〔2026〕1号"), items=[item]
        )
        rectification = self.desk.record("auditor", ordered).id
        self._clock.at("2026-03-02 09:00")
        struck_off = RectificationStruckOff(
            campaign=campaign,
            rectification=rectification,
            item=1,
            evidence=Document(number="整改佐证〔2026〕1号"),
            text="签字页已补齐，与台账记录一致。",
        )
        self.desk.record("auditor", struck_off)

    def _inspect_today(self, campaign: str) -> None:
        """Flags get their outcomes; what is verified is put right by a day, and handed over by letter."""
        outcomes: tuple[tuple[str, Outcome, str], ...] = (
            ("class-differs", "preliminary", "填报类别与测算结果不一致，需核对医疗费用单据。"),
            ("late-roster", "interview", "名单逾期报送，请单位书面说明原因。"),
        )
        for rule, outcome, reason in outcomes:
            decided = VerificationDecided(
                unit="county",
                campaign=campaign,
                flags=self._flags_of(campaign, rule),
                outcome=outcome,
                reason=reason,
            )
            self.desk.record("inspector", decided)
        differs = self._flags_of(campaign, "class-differs")
        opened = CaseOpened(
            unit="school",
            campaign=campaign,
            title="教育工会困难类别填报不实",
            flags=differs,
            text="填报为意外致困，测算不符合该类别，涉及一户。",
        )
        investigation = self.desk.record("inspector", opened).id
        item = RectificationItem(
            what="重新核定困难类别，并报县总工会审核",
            unit="school",
            due="2026-03-31",
            flag=differs[0],
            investigation=investigation,
        )
        self.desk.record(
            "inspector",
            RectificationOrdered(
                campaign=campaign, document=Document(number="纪检整改〔2026〕2号"), items=[item]
            ),
        )
        about = {
            "unit": "school",
            "campaign": campaign,
            "organ": "某县纪委监委",
            "investigation": investigation,
        }
        handed = {
            **about,
            "letter": Document(number="市总纪移〔2026〕1号"),
            "handed_over_on": "2026-03-02",
            "what": "经办人涉嫌在申报材料中虚填医疗费用，涉及慰问金 2,000.00 元，超出本单位管理权限。",
            "flags": differs,
        }
        matter = self.desk.record("inspector", MatterHandedOver.model_validate(handed)).id
        self._dispose_of_answers(campaign)
        self._clock.at("2026-03-03 08:30")
        filed = {
            **about,
            "handover": matter,
            "file_number": "县纪立〔2026〕7号",
            "filed_on": "2026-03-03",
            "what": "涉嫌违反廉洁纪律。",
        }
        self.desk.record("inspector", OutsideCaseRecorded.model_validate(filed))

    def _dispose_of_answers(self, campaign: str) -> None:
        """Both units answered in writing: the one's answer settles its flag, the other's is kept for a later check."""
        answered = {flag.subject.rpartition("/")[2]: flag for flag in self._flags_of(campaign, "late-roster")}
        outcomes: tuple[tuple[str, dict[str, str]], ...] = (
            ("machinery", {"outcome": "settled", "reason": "单位书面说明系公示期满后集中报送，未影响审批和发放，予以了结。"}),
            ("school", {
                "outcome": "kept", "kept_until": "2026-06-30",
                "reason": "单位说明待与困难类别重新核定结果一并核对，暂存至半年检查。",
            }),
        )  # fmt: skip
        for unit, how in outcomes:
            decided = {"unit": "county", "campaign": campaign, "flags": [answered[unit]], **how}
            self.desk.record("inspector", VerificationDecided.model_validate(decided))

    def _flags_of(self, campaign: str, rule: str) -> list[FlagKey]:
        """The flags of a rule in a campaign, as the inspector sees them by now."""
        self._follower.catch_up()
        with self._store.connect() as connection:
            found = flags.flags(every_view(connection), flags.FlagFilter(rule=rule))
        return [
            FlagKey(rule=row["rule"], subject=row["subject"], raised_at=row["raised_at"])
            for row in found
            if row["campaign"] == campaign
        ]
