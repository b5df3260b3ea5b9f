"""Drawing payouts for call-backs (回访抽取), what recipients answered, and which payouts have slips.

The same seed draws the same payouts of the same moment, for anybody.
"""

from __future__ import annotations

from typing import NamedTuple

from api.gate import Row, ScopedViews
from api.wording.masked_names import masked_names
from ledger.identity.vault import Vault

_CHANCE = "sha256(%(seed)s::bytea || convert_to('|' || p.payout, 'UTF8'))"


class Drawn(NamedTuple):
    """Payouts in the order in which they were drawn, and as of which entry."""

    payouts: list[Row]
    at: int


def draw(
    views: ScopedViews,
    vault: Vault,
    campaign: str,
    size: int,
    seed: str,
    as_of: int,
    unit: str | None = None,
) -> Drawn:
    """Draw payouts of a campaign, or of a unit with all below it, as of a position, by the SHA-256 of seed and id.

    All are drawn where there are not more. A position that is still to come is the last one. What came back since stays
    among them, so that a return changes no draw.
    """
    last = views.rows("SELECT coalesce(max(position), 0) AS position FROM moments")[0]["position"]
    at = min(as_of, last)
    found = views.rows(
        "SELECT p.payout, p.unit, p.dossier, p.amount_fen, p.paid_on FROM payouts p"
        " WHERE p.campaign = %(campaign)s AND p.position <= %(as_of)s AND (%(unit)s::text IS NULL OR p.unit IN"
        " (SELECT u.unit FROM units u WHERE u.unit = %(unit)s OR u.ancestors @> array[%(unit)s::text]))"
        f" ORDER BY {_CHANCE} LIMIT %(size)s",
        campaign=campaign,
        unit=unit,
        as_of=at,
        size=size,
        seed=seed.encode(),
    )
    names = masked_names(views, vault, [row["dossier"] for row in found])
    for row in found:
        row["masked_name"] = names.get(row["dossier"], "—")
    return Drawn(found, at)


def answers(views: ScopedViews, campaign: str | None, as_of: int) -> list[Row]:
    """What recipients of a campaign, or of all, answered up to a position, the newest first: the last 5000."""
    return views.rows(
        "SELECT v.position, v.campaign, v.unit, v.payout, v.source, v.answer, v.received_fen, v.words, v.slip FROM voices v"
        " WHERE (%(campaign)s::text IS NULL OR v.campaign = %(campaign)s) AND v.position <= %(as_of)s"
        " ORDER BY v.position DESC",
        campaign=campaign,
        as_of=as_of,
    )


def payouts_for_slips(
    views: ScopedViews,
    vault: Vault,
    *,
    campaign: str,
    unit: str | None,
    after: int,
    as_of: int,
    limit: int | None,
) -> list[Row]:
    """Payouts of a campaign in the order of their recording, with the entry of the slip that counts."""
    found = _payouts(views, campaign=campaign, unit=unit, after=after, as_of=as_of, limit=limit)
    names = masked_names(views, vault, [row["dossier"] for row in found])
    for row in found:
        row["masked_name"] = names.get(row.pop("dossier"), "—")
    return found


def count_payouts(views: ScopedViews, *, campaign: str, unit: str | None, as_of: int) -> int:
    """How many payouts a campaign has of which slips can be printed."""
    found = _payouts(views.counting(), campaign=campaign, unit=unit, after=0, as_of=as_of, limit=None)
    return int(found[0]["rows"])


def _payouts(
    views: ScopedViews, *, campaign: str, unit: str | None, after: int, as_of: int, limit: int | None
) -> list[Row]:
    return views.rows(
        "SELECT p.position, p.payout, p.campaign, p.unit, u.name AS unit_name, p.dossier, p.amount_fen, p.paid_on,"
        " (SELECT max(s.position) FROM slips s WHERE s.payout = p.payout AND s.position <= %(as_of)s) AS issued_at"
        " FROM payouts p JOIN units u ON u.unit = p.unit"
        " WHERE p.campaign = %(campaign)s AND (%(unit)s::text IS NULL OR p.unit = %(unit)s) AND p.position > %(after)s"
        " AND p.position <= %(as_of)s ORDER BY p.position LIMIT %(limit)s",
        campaign=campaign,
        unit=unit,
        after=after,
        as_of=as_of,
        limit=limit,
    )
