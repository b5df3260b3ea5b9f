"""Triggers of rules about persons (个人)."""

from __future__ import annotations

from ledger.events.campaign import PolicyAmended
from ledger.events.nomination import Nominated, Rejected, Revoked
from ledger.events.payout import PayoutReturned
from projections.flags.subject import PAID
from projections.flags.trigger import Trigger

_PERSONS = """(
    SELECT campaign, person FROM cases WHERE campaign = e.campaign
    UNION SELECT campaign, person FROM payouts WHERE campaign = e.campaign
)"""
"""Everybody known in the event's campaign."""

_IN_EVERY_CAMPAIGN = """(
    SELECT e.campaign
    UNION SELECT campaign FROM cases WHERE person = {person}
    UNION SELECT campaign FROM payouts WHERE person = {person}
)"""
"""Every campaign that knows a person."""

_PAID_TWICE = """EXISTS (
    SELECT FROM payouts x JOIN payouts y ON y.person = x.person AND y.payout <> x.payout WHERE x.person = {person}
)"""
_IN_TWO_UNITS = """EXISTS (
    SELECT FROM dossiers x JOIN dossiers y ON y.person = x.person AND y.unit <> x.unit WHERE x.person = {person}
)"""
_IN_TWO_CAMPAIGNS = """(
    SELECT count(*) > 1 FROM (
        SELECT campaign FROM cases WHERE person = {person} UNION SELECT campaign FROM payouts WHERE person = {person}
    ) x
)"""

person_paid = Trigger(
    PAID,
    kind="person",
    query="SELECT e.position, o.campaign, o.person FROM events e JOIN payouts o ON o.payout = e.payout",
)
"""A payout: whom it reaches."""

person_paid_again = Trigger(
    PAID,
    kind="person",
    query=f"""
        SELECT e.position, o.campaign, o.person FROM events e JOIN payouts o ON o.payout = e.payout
        WHERE {_PAID_TWICE.format(person="o.person")}
    """,
)
"""A payout: whom it reaches, where they hold others."""

persons_of_campaign = Trigger(
    (PolicyAmended,),
    kind="person",
    query=f"SELECT e.position, p.campaign, p.person FROM events e CROSS JOIN LATERAL {_PERSONS} p",
)
"""An amended policy: everybody known in its campaign."""

persons_of_campaign_paid_again = Trigger(
    (PolicyAmended,),
    kind="person",
    query=f"""
        SELECT e.position, p.campaign, p.person FROM events e CROSS JOIN LATERAL {_PERSONS} p
        WHERE {_PAID_TWICE.format(person="p.person")}
    """,
)
"""An amended policy: everybody known in its campaign who holds more than one payout."""

person_paid_back = Trigger(
    (PayoutReturned,),
    kind="person",
    query="SELECT e.position, e.campaign, o.person FROM events e JOIN payouts o ON o.payout = e.payout",
)
"""A return: whose payout came back."""


def _helped(such: str) -> tuple[Trigger, Trigger]:
    """Such a person at a nomination or payout, and everybody such at a change of policy, where they are known."""
    condition, campaigns = such.format(person="p.person"), _IN_EVERY_CAMPAIGN.format(person="p.person")
    one = f"""
        SELECT e.position, c.campaign, p.person
        FROM events e
        CROSS JOIN LATERAL (SELECT person FROM dossiers WHERE dossier = e.dossier LIMIT 1) p
        CROSS JOIN LATERAL {campaigns} c
        WHERE {condition}
    """
    everybody = f"""
        SELECT e.position, c.campaign, p.person
        FROM events e
        CROSS JOIN LATERAL {_PERSONS} p
        CROSS JOIN LATERAL {campaigns} c
        WHERE {condition}
    """
    return (
        Trigger((Nominated, *PAID), kind="person", query=one),
        Trigger((PolicyAmended,), kind="person", query=everybody),
    )


PERSON_OF_TWO_UNITS = _helped(_IN_TWO_UNITS)
"""A nomination, a payout, an amended policy: each person concerned with dossiers in two units."""

PERSON_OF_TWO_CAMPAIGNS = _helped(_IN_TWO_CAMPAIGNS)
"""A nomination, a payout, an amended policy: each person concerned whom two campaigns know."""

person_paid_anywhere = Trigger(
    PAID,
    kind="person",
    query=f"""
        SELECT e.position, c.campaign, o.person
        FROM events e
        JOIN payouts o ON o.payout = e.payout
        CROSS JOIN LATERAL {_IN_EVERY_CAMPAIGN.format(person="o.person")} c
        WHERE {_PAID_TWICE.format(person="o.person")}
    """,
)
"""A payout: whom it reaches, where they hold others, in every campaign that knows them."""

PERSON_HELPED_NO_MORE = (
    Trigger(
        (Rejected, Revoked),
        kind="person",
        query=f"""
            SELECT e.position, c.campaign, k.person
            FROM events e
            CROSS JOIN LATERAL (SELECT person FROM cases WHERE case_id = e.case_id LIMIT 1) k
            CROSS JOIN LATERAL {_IN_EVERY_CAMPAIGN.format(person="k.person")} c
        """,
    ),
    Trigger(
        (PayoutReturned,),
        kind="person",
        query=f"""
            SELECT e.position, c.campaign, o.person
            FROM events e
            JOIN payouts o ON o.payout = e.payout
            CROSS JOIN LATERAL {_IN_EVERY_CAMPAIGN.format(person="o.person")} c
        """,
    ),
)
"""A case that is over, a payout that came back: its person, in every campaign that knows them."""
