"""What recipients say (受助人反馈), planted: called back, and by their slips; others agree, or were not reached."""

from __future__ import annotations

from api.objections.queries import new_number
from api.simulation.frauds import Planting, planted
from api.simulation.world import Plan
from ledger.events.draws import DrawOrdered, seed_of
from ledger.events.slip import IssuedSlip, RecipientSpoke, SlipsIssued, new_slip_number, slip_digest
from ledger.events.voice import Answer, CallBackRecorded


def _called_back(p: Planting, plan: Plan, answer: Answer | None) -> None:
    order = p.world.record("inspector", DrawOrdered(campaign=p.code, of="call-back", size=1))
    event = CallBackRecorded(
        campaign=p.code,
        unit=plan.unit,
        payout=plan.payouts[0],
        seed=seed_of(order.id, order.recorded_at),
        size=1,
        drawn_at=order.position,
        draw=order.id,
        reached=answer is not None,
        answer=answer,
    )
    p.world.record("inspector", event, second="auditor" if answer == "received" else None)


@planted(2)
def never_received(p: Planting, plans: list[Plan]) -> None:
    """Of two who are called back one never got the money; the other, not reached at first, did."""
    guilty, innocent = plans

    def call() -> None:
        _called_back(p, guilty, "received")
        _called_back(p, guilty, "never")
        _called_back(p, innocent, None)
        _called_back(p, innocent, "never")
        _called_back(p, innocent, "received")

    p.campaign.at("late", call)
    p.payout("recipient-disagrees", guilty)
    p.payout("recipient-disagrees", innocent)  # until the answer that agrees


def issue_slip(p: Planting, plan: Plan, officer: str = "inspector", second: str | None = None) -> str:
    """The plan's first payout has a slip from here on, of which the hash is known."""
    digest = slip_digest(new_slip_number())
    slips = [IssuedSlip(payout=plan.payouts[0], digest=digest)]
    p.world.record(officer, SlipsIssued(campaign=p.code, unit=plan.unit, slips=slips), second=second)
    return digest


def speak(p: Planting, plan: Plan, slip: str, answer: Answer) -> None:
    """The recipient says so by the slip."""
    event = RecipientSpoke(
        campaign=p.code,
        unit=plan.unit,
        payout=plan.payouts[0],
        slip=slip,
        number=new_number(),
        answer=answer,
    )
    p.world.receive(event)


@planted(3)
def disagrees_by_slip(p: Planting, plans: list[Plan]) -> None:
    """One says by the slip that nothing came, and one takes back what was typed by mistake.

    The unit issues the first one's slip anew and says by it that all was received: that clears nothing. A third
    one says from the first that it came, though another slip was issued since.
    """
    guilty, mistaken, innocent = plans

    def say() -> None:
        speak(p, guilty, issue_slip(p, guilty), "never")
        speak(p, guilty, issue_slip(p, guilty), "received")
        slip = issue_slip(p, mistaken)
        speak(p, mistaken, slip, "never")
        speak(p, mistaken, slip, "received")
        issue_slip(p, innocent)
        speak(p, innocent, issue_slip(p, innocent), "received")

    p.campaign.at("late", say)
    p.payout("recipient-disagrees", guilty)
    p.payout("recipient-disagrees", mistaken)  # until the answer that agrees


@planted(2)
def slip_replaced_by_who_paid(p: Planting, plans: list[Plan]) -> None:
    """Who paid issues another slip, with a second person; the other's is the first one, issued by who paid as well."""
    guilty, innocent = plans

    def issue() -> None:
        issue_slip(p, guilty)
        issue_slip(p, guilty, p.campaign.payers.get(guilty.unit, "finance"), second="inspector")
        issue_slip(p, innocent, p.campaign.payers.get(innocent.unit, "finance"))

    p.campaign.at("late", issue)
    p.payout("slip-issued-anew", guilty)
