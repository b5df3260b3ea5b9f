"""Approved in seconds (秒批), clause A-8.

An officer approved ten times or more on one day with a median of less than three seconds between one
signature and the next (a list signed once is one act); or approved a case less than a minute after it was
nominated. By the officers' clocks, and from the nomination by the recording as well; approvals after the fact
are not counted. Looked at as days end and at the close. Nothing clears it.
"""

from projections.flags.rule import FlagRule

RULE = FlagRule(
    id="rubber-stamp",
    version=2,
    title_zh="秒批",
    title_en="Approved in seconds",
    clause="A-8",
    severity="medium",
    subject="officer",
    parameters={"approvals": 10, "seconds_between": 3, "seconds_from_nomination": 60},
    on_schedule="""
        SELECT e.campaign, s.officer FROM ending e
        JOIN timeline s ON s.position > e.since AND s.position <= e.as_of
            AND s.campaign = e.campaign AND s.type = 'Approved'
        GROUP BY e.campaign, s.officer
    """,
    query="""
        WITH approvals AS (
            SELECT a.subject, a.as_of, a.parameters, e.position, e.made_at, e.amount_fen, e.unit,
                (e.made_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
                coalesce(e.batch, e.position::text) AS act,
                least(e.made_at - n.made_at, e.recorded_at - n.recorded_at) < make_interval(
                    secs => (a.parameters ->> 'seconds_from_nomination')::int
                ) AS at_once
            FROM asked a
            JOIN timeline e ON e.officer = a.name AND e.campaign = a.campaign AND e.type = 'Approved'
                AND NOT e.after_the_fact AND e.position <= a.as_of
            JOIN LATERAL (
                SELECT x.made_at, x.recorded_at FROM timeline x
                WHERE x.case_id = e.case_id AND x.type = 'Nominated' ORDER BY x.position LIMIT 1
            ) n ON true
        ), acts AS (
            SELECT subject, as_of, parameters, day, act, min(made_at) AS made_at,
                min(position) AS position
            FROM approvals GROUP BY subject, as_of, parameters, day, act
        ), gaps AS (
            SELECT *, extract(epoch FROM made_at - lag(made_at) OVER (
                PARTITION BY subject, as_of, day ORDER BY made_at, position
            )) AS gap
            FROM acts
        ), fast AS MATERIALIZED (
            SELECT subject, as_of, day, percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS median
            FROM gaps GROUP BY subject, as_of, parameters, day
            HAVING count(*) >= (parameters ->> 'approvals')::int
                AND percentile_cont(0.5) WITHIN GROUP (ORDER BY gap)
                    < (parameters ->> 'seconds_between')::int
        )
        SELECT p.subject, p.as_of, min(p.unit), (array_agg(p.position ORDER BY p.position))[1:200],
            sum(p.amount_fen),
            jsonb_build_object(
                'approvals', count(*), 'at_once', count(*) FILTER (WHERE p.at_once),
                'median_ms', round(min(f.median)::numeric * 1000)
            )
        FROM approvals p
        LEFT JOIN fast f USING (subject, as_of, day)
        WHERE p.at_once OR f.median IS NOT NULL
        GROUP BY p.subject, p.as_of
    """,
)
