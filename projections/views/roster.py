"""The roster (慰问名单): every case with its state, and the dossiers and payouts behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import orjson

from ledger.domain.policy.campaign_policy import Policy
from ledger.events.campaign import CampaignClosed, CampaignOpened, PolicyAmended
from ledger.events.dossier import DossierAmended, DossierErased, DossierFiled, DossierSealed
from ledger.events.nomination import (
    AFTER_THE_FACT,
    Approved,
    Confirmed,
    Nominated,
    NoticePosted,
    Rejected,
    Revoked,
)
from ledger.events.payout import AidDelivered, Disbursed, PayoutReturned, RecipientAbsent
from ledger.events.registry import LedgerFounded
from ledger.events.rules import RulesAdopted
from ledger.events.versions import Basis, payee_of
from projections.frame.recorded import Recorded, of_types
from projections.frame.view import (
    Cursor,
    Dispatch,
    Table,
    TemporalTable,
    Versions,
    found,
    named,
)
from projections.views.loosened import (
    LOOSENINGS,
    LooseningRow,
    note_amendment,
    note_opening,
)
from projections.views.roster_rows import (
    CaseRow,
    DossierRow,
    PayoutRow,
    ReturnRow,
    RosterRulesRow,
    TermsRow,
    state_of,
)

TERMS = TemporalTable("terms", TermsRow)
DOSSIERS = TemporalTable("dossiers", DossierRow, fillfactor=90)
CASES = TemporalTable("cases", CaseRow, fillfactor=75)
PAYOUTS = Table("payouts", PayoutRow, "payout")
RETURNS = Table("returns", ReturnRow, "position")
RULES = Table("roster_rules", RosterRulesRow, "position")


class Roster:
    """Keeps cases, dossiers, payouts, returns, policies, and what they made looser.

    ``roster_rules`` are the versions of the rules that were taken up.
    """

    name: ClassVar[str] = "roster"
    title: ClassVar[tuple[str, str]] = ("名单", "roster")
    needs: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 12
    tables: ClassVar[str] = f"""
        {TERMS.create}
        {DOSSIERS.create}
        CREATE INDEX dossiers_person ON dossiers (person, unit);
        CREATE INDEX dossiers_shop ON dossiers (unit, (facts ->> 'shop')) WHERE facts ? 'shop';
        CREATE INDEX dossiers_account ON dossiers ((marks ->> 'account'));
        CREATE INDEX dossiers_phone ON dossiers ((marks ->> 'phone'));
        CREATE INDEX dossiers_address ON dossiers ((marks ->> 'address'));
        CREATE INDEX dossiers_household ON dossiers ((marks ->> 'household'));
        {CASES.create}
        CREATE INDEX cases_roster ON cases (campaign, unit, nominated_position);
        CREATE INDEX cases_person ON cases (person, campaign);
        CREATE INDEX cases_dossier ON cases (dossier, campaign);
        {PAYOUTS.create}
        CREATE INDEX payouts_case ON payouts (case_id, position);
        CREATE INDEX payouts_dossier ON payouts (dossier, position);
        CREATE INDEX payouts_person ON payouts (person, campaign, position);
        CREATE INDEX payouts_account ON payouts (account, campaign);
        CREATE INDEX payouts_household ON payouts (household, campaign);
        CREATE INDEX payouts_proxy ON payouts (proxy, campaign) WHERE proxy IS NOT NULL;
        CREATE INDEX payouts_unit ON payouts (campaign, unit, position);
        CREATE INDEX payouts_day ON payouts (campaign, paid_on);
        CREATE INDEX payouts_position ON payouts (position);
        {LOOSENINGS.create}
        CREATE INDEX loosenings_position ON loosenings (position);
        CREATE INDEX loosenings_campaign ON loosenings (campaign);
        {RETURNS.create}
        CREATE INDEX returns_payout ON returns (payout, position);
        {RULES.create}
    """

    def project(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        """Applies events in order."""
        batch = _RosterBatch(cursor, events)
        batch.dispatch.apply(batch, events)
        TERMS.save(cursor, batch.terms.finish())
        LOOSENINGS.save(cursor, batch.loosenings.finish())
        DOSSIERS.save(cursor, batch.dossiers.finish())
        CASES.save(cursor, batch.cases.finish())
        PAYOUTS.add(cursor, batch.payouts)
        RETURNS.add(cursor, batch.returns)
        RULES.add(cursor, batch.adopted)


class _RosterBatch:
    dispatch = Dispatch()

    def __init__(self, cursor: Cursor, events: Sequence[Recorded]) -> None:
        campaigns = named(events, "campaign") | _of_sponsors(cursor, events)
        self.terms: Versions[TermsRow] = TERMS.load(cursor, campaigns)
        amended_policies = {event.campaign for event, _ in of_types(events, PolicyAmended)}
        self.loosenings: Versions[LooseningRow] = LOOSENINGS.load_by(cursor, "campaign", amended_policies)
        noticed = [case for event, _ in of_types(events, NoticePosted) for case in event.cases]
        amended = {event.dossier for event, _ in of_types(events, DossierAmended) if event.commitment}
        self.cases_of: dict[str, list[str]] = _cases_of(cursor, amended)
        of_amended = [case for cases in self.cases_of.values() for case in cases]
        self.cases: Versions[CaseRow] = CASES.load(cursor, [*named(events, "case"), *noticed, *of_amended])
        dossiers = named(events, "dossier")
        self.dossiers: Versions[DossierRow] = DOSSIERS.load(cursor, dossiers)
        self.payouts: list[PayoutRow] = []
        self.returns: list[ReturnRow] = []
        self.adopted: list[RosterRulesRow] = []
        [(self.rules,)] = cursor.execute("SELECT coalesce(max(version), 1) FROM roster_rules").fetchall()

    @dispatch(LedgerFounded)
    def _founded(self, event: LedgerFounded, item: Recorded) -> None:
        self._take_up(event.rules, item)

    @dispatch(RulesAdopted)
    def _rules_adopted(self, event: RulesAdopted, item: Recorded) -> None:
        self._take_up(event.version, item)

    def _take_up(self, version: int, item: Recorded) -> None:
        self.rules = version
        self.adopted.append(RosterRulesRow(version, item.position))

    @dispatch(CampaignOpened)
    def _campaign_opened(self, event: CampaignOpened, item: Recorded) -> None:
        earlier = [(row.campaign, row.policy) for row in self.terms.current() if row.sponsor == event.unit]
        note_opening(self.loosenings, event.campaign, event.policy, earlier, item.position)
        self.terms.put(
            TermsRow(event.campaign, event.unit, event.title, event.policy.year, _json(event.policy), None),
            item.position,
        )

    @dispatch(CampaignClosed)
    def _campaign_closed(self, event: CampaignClosed, item: Recorded) -> None:
        row = found(self.terms.get(event.campaign), event.campaign)
        self.terms.put(row.changed(closed_on=item.act.statement.on), item.position)

    @dispatch(PolicyAmended)
    def _policy_amended(self, event: PolicyAmended, item: Recorded) -> None:
        row = found(self.terms.get(event.campaign), event.campaign)
        note_amendment(self.loosenings, event.campaign, row.policy, event.policy, item.position)
        self.terms.put(row.changed(year=event.policy.year, policy=_json(event.policy)), item.position)

    @dispatch(DossierFiled)
    def _dossier_filed(self, event: DossierFiled, item: Recorded) -> None:
        act = item.act
        self.dossiers.put(
            DossierRow(
                act.id,
                event.unit,
                event.recipient,
                act.marks["person"],
                event.facts.model_dump_json(exclude_none=True),
                orjson.dumps(act.marks).decode(),
                item.position,
                act.statement.on,
                False,
                False,
                act.id,
                payee_of(act.marks),
            ),
            item.position,
        )

    @dispatch(DossierAmended)
    def _dossier_amended(self, event: DossierAmended, item: Recorded) -> None:
        row = found(self.dossiers.get(event.dossier), event.dossier)
        facts = event.facts.model_dump_json(exclude_none=True)
        changes: dict[str, object] = {"facts": facts, "amended_on": item.act.statement.on}
        if event.identity_commitment is not None:
            payee = payee_of(item.act.marks)
            changes |= {"marks": orjson.dumps(item.act.marks).decode(), "payee": payee}
            if payee != row.payee and self.rules >= 2:
                changes["version"] = item.act.id
                for case in self.cases_of.get(event.dossier, ()):
                    self._change(case, item, dossier_version=item.act.id)
        self.dossiers.put(row.changed(**changes), item.position)

    @dispatch(DossierSealed)
    def _dossier_sealed(self, event: DossierSealed, item: Recorded) -> None:
        row = found(self.dossiers.get(event.dossier), event.dossier)
        self.dossiers.put(row.changed(sealed=True), item.position)

    @dispatch(DossierErased)
    def _dossier_erased(self, event: DossierErased, item: Recorded) -> None:
        row = found(self.dossiers.get(event.dossier), event.dossier)
        self.dossiers.put(row.changed(erased=True), item.position)

    @dispatch(Nominated)
    def _nominated(self, event: Nominated, item: Recorded) -> None:
        dossier = found(self.dossiers.get(event.dossier), event.dossier)
        self.cases_of.setdefault(event.dossier, []).append(item.act.id)
        self.cases.put(
            CaseRow(
                case_id=item.act.id,
                campaign=event.campaign,
                unit=event.unit,
                dossier=event.dossier,
                person=dossier.person,
                recipient=dossier.recipient,
                category=event.category,
                forms=",".join(event.forms),
                purpose=event.purpose,
                visit_mode=event.visit_mode,
                step="nominated",
                state="nominated",
                line=None,
                asked_fen=event.amount_fen,
                approved_fen=0,
                paid_fen=0,
                returned_fen=0,
                aid_fen=0,
                nominated_position=item.position,
                nominated_on=item.act.statement.on,
                notice_until=None,
                approved_on=None,
                paid_on=None,
                absences=0,
                confirmed=False,
                agreed_version=dossier.version,
                dossier_version=dossier.version,
            ),
            item.position,
        )

    @dispatch(Confirmed)
    def _confirmed(self, event: Confirmed, item: Recorded) -> None:
        changes: dict[str, object] = {"confirmed": True}
        if found(self.cases.get(event.case), event.case).step == "nominated":
            changes["step"] = "confirmed"
        self._change(event.case, item, **changes, **_agreed(event.basis))

    @dispatch(NoticePosted)
    def _notice_posted(self, event: NoticePosted, item: Recorded) -> None:
        for case in sorted(set(event.cases)):
            self._change(case, item, notice_until=event.end)

    @dispatch(Approved)
    def _approved(self, event: Approved, item: Recorded) -> None:
        self._change(
            event.case,
            item,
            step=AFTER_THE_FACT if event.after_the_fact else "approved",
            forms=",".join(event.forms),
            line=event.line,
            approved_fen=event.amount_fen or 0,
            approved_on=item.act.statement.on,
            **_agreed(event.basis),
        )

    @dispatch(Rejected)
    def _rejected(self, event: Rejected, item: Recorded) -> None:
        self._change(event.case, item, step="rejected")

    @dispatch(Revoked)
    def _revoked(self, event: Revoked, item: Recorded) -> None:
        if event.target == "approval":
            confirmed = found(self.cases.get(event.case), event.case).confirmed
            step = "confirmed" if confirmed else "nominated"
            self._change(event.case, item, step=step, approved_fen=0, approved_on=None)
        else:
            self._change(event.case, item, step="revoked")

    @dispatch(Disbursed)
    def _disbursed(self, event: Disbursed, item: Recorded) -> None:
        self._pay(event, item, "money", event.line, event.amount_fen)

    @dispatch(AidDelivered)
    def _aid_delivered(self, event: AidDelivered, item: Recorded) -> None:
        value_fen = sum(thing.value_fen or 0 for thing in event.items)
        self._pay(event, item, event.form, None, value_fen)

    @dispatch(RecipientAbsent)
    def _recipient_absent(self, event: RecipientAbsent, item: Recorded) -> None:
        case = found(self.cases.get(event.case), event.case)
        self._change(event.case, item, absences=case.absences + 1)

    @dispatch(PayoutReturned)
    def _payout_returned(self, event: PayoutReturned, item: Recorded) -> None:
        on = item.act.statement.on
        self.returns.append(ReturnRow(item.position, event.payout, event.amount_fen, on, event.kind))
        if event.case is not None:
            case = found(self.cases.get(event.case), event.case)
            if event.line is None:
                self._change(event.case, item, aid_fen=case.aid_fen - event.amount_fen)
            else:
                self._change(event.case, item, returned_fen=case.returned_fen + event.amount_fen)

    def _pay(
        self,
        event: Disbursed | AidDelivered,
        item: Recorded,
        form: str,
        line: str | None,
        amount_fen: int,
    ) -> None:
        on = item.act.statement.on
        dossier = found(self.dossiers.get(event.dossier), event.dossier)
        category = None
        if event.case is not None:
            case = found(self.cases.get(event.case), event.case)
            category = case.category
            sums = {"paid_fen": case.paid_fen + amount_fen}
            if form != "money":
                sums = {"aid_fen": case.aid_fen + amount_fen}
            self._change(event.case, item, paid_on=on, **sums)
        terms = found(self.terms.get(event.campaign), event.campaign)
        marks = orjson.loads(dossier.marks)
        by_proxy = event.receipt.received_by == "proxy"
        self.payouts.append(
            PayoutRow(
                payout=item.act.id,
                position=item.position,
                campaign=event.campaign,
                year=terms.year,
                unit=event.unit,
                dossier=event.dossier,
                person=dossier.person,
                case_id=event.case,
                category=category,
                form=form,
                line=line,
                amount_fen=amount_fen,
                method=event.method if isinstance(event, Disbursed) else None,
                drawn=isinstance(event, Disbursed) and event.source == "drawn",
                paid_on=on,
                after_the_fact=event.after_the_fact,
                account=marks.get("account"),
                household=marks.get("household"),
                proxy=item.act.marks.get("person") if by_proxy else None,
                authorised=not by_proxy or event.receipt.authorisation is not None,
            )
        )

    def _change(self, case_id: str, item: Recorded, **changes: object) -> None:
        case = found(self.cases.get(case_id), case_id).changed(**changes)
        case.state = state_of(case)
        self.cases.put(case, item.position)


def _agreed(basis: Basis | None) -> dict[str, object]:
    return {} if basis is None else {"agreed_version": basis.version}


def _cases_of(cursor: Cursor, dossiers: set[str]) -> dict[str, list[str]]:
    """The cases of these dossiers."""
    found_cases: dict[str, list[str]] = {}
    if dossiers:
        cursor.execute(
            "SELECT dossier, case_id FROM cases WHERE dossier = ANY(%s) AND to_position IS NULL"
            " ORDER BY case_id",
            (sorted(dossiers),),
        )
        for dossier, case in cursor.fetchall():
            found_cases.setdefault(dossier, []).append(case)
    return found_cases


def _of_sponsors(cursor: Cursor, events: Sequence[Recorded]) -> set[str]:
    """The campaigns of those who open another."""
    sponsors = sorted({event.unit for event, _ in of_types(events, CampaignOpened)})
    if not sponsors:
        return set()
    cursor.execute("SELECT DISTINCT campaign FROM terms WHERE sponsor = ANY(%s)", (sponsors,))
    return {campaign for (campaign,) in cursor.fetchall()}


def _json(policy: Policy) -> str:
    return orjson.dumps(policy.model_dump(mode="json")).decode()
