"""Pieces of SQL that the rules share: what stood at the position that a subject is asked for.

Each follows ``FROM asked a JOIN`` and gives one row for what ``a`` asks: ``k`` the case, ``d`` its
dossier, ``t`` the campaign's policy, ``p`` a payout of which ``p.kept_fen`` did not come back.
"""

_AT = "{0}.from_position <= a.as_of AND ({0}.to_position IS NULL OR {0}.to_position > a.as_of)"

CASE = f"cases k ON k.case_id = a.name AND {_AT.format('k')}"
DOSSIER_OF_CASE = f"dossiers d ON d.dossier = k.dossier AND {_AT.format('d')}"
TERMS = f"terms t ON t.campaign = a.campaign AND {_AT.format('t')}"
LIVE = "k.step NOT IN ('rejected', 'revoked')"

PAYOUTS = """LATERAL (
    SELECT o.*, o.amount_fen - coalesce(
        (SELECT sum(r.amount_fen) FROM returns r WHERE r.payout = o.payout AND r.position <= a.as_of), 0
    ) AS kept_fen
    FROM payouts o WHERE o.campaign = a.campaign AND o.position <= a.as_of AND {which}
) p ON p.kept_fen > 0"""

THE_PAYOUT = PAYOUTS.format(which="o.payout = a.name")
PAYOUTS_OF_CASE = PAYOUTS.format(which="o.case_id = k.case_id")
PAYOUTS_OF_DOSSIER = PAYOUTS.format(which="o.dossier = a.name")
