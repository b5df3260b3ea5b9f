"""Erased or sealed while it was looked into (核查期间删除或封存身份信息), clause B-5.

An identity was destroyed although a flag stood on its dossier, on a case, a payout, the person or a mark
of it, or an open discipline case had such a flag, or an objection to one of its cases was open, be it received
and not taken down yet; or it was sealed while such a case or objection was open. Nothing clears it: what was erased
does not come back, and what was sealed is shown to an inspector alone.
"""

from projections.flags.as_of import objections_to
from projections.flags.rule import FlagRule
from projections.flags.triggers.payouts import dossier_put_away

RULE = FlagRule(
    id="erased-under-scrutiny",
    version=3,
    title_zh="核查期间删除或封存身份信息",
    title_en="Erased or sealed while it was looked into",
    clause="B-5",
    severity="high",
    subject="dossier",
    raised_by=(dossier_put_away,),
    of_flags=True,
    query=f"""
        WITH its_cases AS (
            SELECT DISTINCT a.subject, a.as_of, a.name, k.campaign, k.case_id
            FROM asked a
            JOIN cases k ON k.dossier = a.name AND k.from_position <= a.as_of
        ), its_payouts AS (
            SELECT a.subject, a.as_of, o.campaign, o.payout
            FROM asked a
            JOIN payouts o ON o.dossier = a.name AND o.position <= a.as_of
        ), places AS (
            SELECT subject, as_of, campaign FROM its_cases
            UNION
            SELECT subject, as_of, campaign FROM its_payouts
            UNION
            SELECT subject, as_of, '-' FROM asked
        ), about AS (
            SELECT subject, as_of, 'case:' || campaign || '/' || case_id AS text FROM its_cases
            UNION
            SELECT subject, as_of, 'payout:' || campaign || '/' || payout FROM its_payouts
            UNION
            SELECT a.subject, a.as_of, m.kind || ':' || p.campaign || '/' || m.name
            FROM asked a
            JOIN places p ON p.subject = a.subject AND p.as_of = a.as_of
            JOIN dossiers_at(a.as_of) d ON d.dossier = a.name
            CROSS JOIN LATERAL (
                SELECT 'dossier' AS kind, a.name AS name
                UNION ALL
                SELECT 'person', d.person
                UNION ALL
                SELECT s.key, s.value FROM jsonb_each_text(d.marks) AS s
                WHERE s.key IN ('account', 'phone', 'address', 'household')
                UNION ALL
                SELECT 'pair', l.pair FROM links l WHERE a.name IN (l.first, l.second) AND l.position <= a.as_of
            ) m
        ), scrutiny AS (
            SELECT b.subject, b.as_of, 'flag' AS kind, f.rule AS name, f.raised_at AS position
            FROM about b
            JOIN flags f ON f.subject = b.text AND stood_at(f.from_position, f.to_position, b.as_of - 1)
                AND f.rule <> 'erased-under-scrutiny'
            JOIN asked a ON a.subject = b.subject AND a.as_of = b.as_of
            JOIN dossiers_at(b.as_of) z ON z.dossier = a.name AND z.erased
            UNION
            SELECT b.subject, b.as_of, 'case', v.investigation, j.position
            FROM about b
            JOIN investigation_flags j ON j.subject = b.text AND j.position < b.as_of
            JOIN investigations_at(b.as_of - 1) v ON v.investigation = j.investigation AND v.finding IS NULL
            UNION
            SELECT c.subject, c.as_of, 'objection', o.name, o.since
            FROM its_cases c
            JOIN LATERAL {objections_to("c.case_id", "c.as_of - 1")} o ON o.upheld IS NULL
        )
        SELECT a.subject, a.as_of, d.unit, a.as_of || array_agg(s.position), 0::bigint,
            jsonb_build_object(
                'rules', coalesce(
                    to_jsonb(array_agg(DISTINCT s.name ORDER BY s.name) FILTER (WHERE s.kind = 'flag')), '[]'
                ),
                'investigations', count(DISTINCT s.name) FILTER (WHERE s.kind = 'case'),
                'objections', count(DISTINCT s.name) FILTER (WHERE s.kind = 'objection')
            )
        FROM scrutiny s
        JOIN asked a ON a.subject = s.subject AND a.as_of = s.as_of
        JOIN dossiers_at(a.as_of) d ON d.dossier = a.name
        GROUP BY a.subject, a.as_of, d.unit
    """,
)
