"""What a stolen key is behind (失信的签署), asked of registry and timeline: a piece of SQL.

It holds a query within its value, and so is no function of the schema (ADR 57).
"""

from __future__ import annotations


def unsound_at(position: str, role: str, schema: str = "") -> str:
    """The first entry by which a stolen key is known to be behind what was signed at a position in a role; null for none.

    A key that signed it was in others' hands then, or the signer held the role by such a key.
    """
    return f"""(
        SELECT min(known.position) FROM {schema}timeline e CROSS JOIN LATERAL (
            SELECT k.from_position FROM {schema}keys k
            WHERE k.compromised AND (k.key = e.key OR k.key = ANY (e.second_keys))
                AND e.recorded_at >= k.compromised_from::timestamptz
            UNION ALL
            SELECT g.from_position FROM {schema}grants g CROSS JOIN LATERAL jsonb_array_elements(g.past) AS l
            WHERE (g.officer = e.officer OR g.officer = ANY (e.seconds))
                AND (l ->> 4)::boolean AND l -> 0 ->> 'role' = '{role}'
                AND e.recorded_at >= (l ->> 2)::timestamptz AND e.recorded_at <= (l ->> 3)::timestamptz
        ) AS known (position) WHERE e.position = {position}
    )"""
