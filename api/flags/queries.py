"""Questions about flags (疑点): those that stand, with what inspectors said of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import NamedTuple

from api.gate import (
    LATEST,
    Row,
    ScopedViews,
    given,
)
from ledger.events.verification import OUTCOME_TITLES
from projections.frame.view import AS_OF

DISPOSITIONS: dict[str, tuple[str, str]] = {
    "open": ("待核查", "open"),
    "dismissed": ("核实不属实", "dismissed"),
    "confirmed": ("核实属实", "confirmed"),
    "in-case": ("核查中", "in case"),
    **OUTCOME_TITLES,
}

BESIDE = {
    "objection": ("异议未结", "objection open"),
    "sanction": ("单位已取消补助资格", "unit under sanction"),
    "unsound": (
        "原核查结论或办结所用的密钥已外泄，结论无效",
        "what was said of it had a stolen key behind it",
    ),
}
"""What else an inspector knows of a flag's subject or unit, beside the disposition."""

_TODAY = (
    "(SELECT (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date FROM moments m"
    " WHERE m.position <= %(as_of)s ORDER BY m.position DESC LIMIT 1)"
)
"""The day in China on which the last entry was recorded."""

# An open discipline case comes first; then the latest word: a review, or a case's finding. What was said
# holds for the evidence that was seen: with other evidence the flag is open again, and says what is new. What
# a stolen key is behind was never said, from where that is known. What is kept for later is open after its day.
_WITH_DISPOSITION = """
    SELECT f.*, CASE
        WHEN i.open IS NOT NULL THEN 'in-case'
        WHEN w.word IS NULL OR f.evidence IS DISTINCT FROM s.evidence THEN 'open'
        WHEN w.word = 'kept' AND w.kept_until < {today} THEN 'open'
        ELSE w.word
    END AS disposition, w.kept_until, coalesce(i.open, i.closed) AS investigation,
    CASE WHEN w.word IS NULL THEN '{{}}'::bigint[] ELSE array(
        SELECT e FROM unnest(f.evidence) AS e WHERE e <> ALL (coalesce(s.evidence, '{{}}')) ORDER BY e
    ) END AS new_evidence,
    array_remove(array[
        CASE WHEN EXISTS (
            SELECT FROM objections o
            WHERE f.subject = 'case:' || o.campaign || '/' || o.case_id AND o.upheld IS NULL AND {stands}
        ) THEN 'objection' END,
        CASE WHEN EXISTS (
            SELECT FROM sanctions s WHERE s.unit = f.unit AND {stands}
        ) THEN 'sanction' END,
        CASE WHEN w.is_unsound THEN 'unsound' END
    ], NULL) AS beside
    FROM ({flags}) f
    LEFT JOIN LATERAL (
        SELECT min(v.investigation) FILTER (WHERE v.finding IS NULL) AS open,
            (array_agg(v.investigation ORDER BY v.from_position DESC))[1] AS closed
        FROM investigation_flags j
        JOIN investigations v ON v.investigation = j.investigation AND {stands}
        WHERE j.flag = f.flag AND j.raised_at = f.raised_at AND j.position <= %(as_of)s
    ) i ON true
    CROSS JOIN LATERAL (
        SELECT (array_agg(x.word ORDER BY x.position DESC) FILTER (WHERE NOT x.is_unsound))[1] AS word,
            (array_agg(x.kept_until ORDER BY x.position DESC) FILTER (WHERE NOT x.is_unsound))[1] AS kept_until,
            (array_agg(x.seen_at ORDER BY x.position DESC) FILTER (WHERE NOT x.is_unsound))[1] AS seen_at,
            (array_agg(x.is_unsound ORDER BY x.position DESC))[1] AS is_unsound
        FROM (
            SELECT r.position, r.seen_at, r.disposition, r.kept_until, coalesce(r.unsound_at <= %(as_of)s, false)
            FROM reviews r
            WHERE r.flag = f.flag AND r.raised_at = f.raised_at AND r.position <= %(as_of)s
            UNION ALL
            SELECT v.from_position, v.from_position,
                CASE v.finding WHEN 'unsubstantiated' THEN 'dismissed' ELSE 'confirmed' END, NULL::date,
                coalesce(v.unsound_at <= %(as_of)s, false)
            FROM investigation_flags j
            JOIN findings v ON v.investigation = j.investigation AND v.from_position <= %(as_of)s
            WHERE j.flag = f.flag AND j.raised_at = f.raised_at AND j.position <= %(as_of)s
        ) AS x (position, seen_at, word, kept_until, is_unsound)
    ) w
    LEFT JOIN LATERAL (
        SELECT v.evidence FROM flags v
        WHERE w.word IS NOT NULL AND v.flag = f.flag AND v.from_position <= w.seen_at
        ORDER BY v.from_position DESC LIMIT 1
    ) s ON true
"""


def flags_beside(rows: str) -> str:
    """A query's flags with what inspectors said of each, as of ``%(as_of)s``; in its own order no more."""
    return _WITH_DISPOSITION.format(flags=rows, stands=AS_OF, today=_TODAY)


# Each campaign's flags of each severity come by index in their order, so that a page costs the same
# however many there are. A flag is raised before any version of it: that bounds the index too.
_LIST = """
    SELECT f.*, s.rank FROM (SELECT DISTINCT campaign FROM terms UNION SELECT '-') c
    CROSS JOIN (VALUES (1, 'high'), (2, 'medium'), (3, 'low')) AS s (rank, severity)
    CROSS JOIN LATERAL (
        SELECT f.*, CASE WHEN f.to_position <= %(as_of)s THEN f.to_position END AS cleared_at
        FROM {versions} f
        WHERE f.campaign = c.campaign AND f.severity = s.severity AND raised_at <= %(as_of)s
            AND {standing}{of_flag}
        ORDER BY raised_at, flag LIMIT %(inner_limit)s
    ) f
    WHERE true{of_list}
    ORDER BY s.rank, f.raised_at, f.flag LIMIT %(inner_limit)s
"""
_LAST_VERSION = """f.from_position <= %(as_of)s
    AND (f.next_position IS NULL OR f.next_position > %(as_of)s)"""


class FlagCursor(NamedTuple):
    """The place of a flag in the list: a page goes on after it."""

    rank: int
    raised_at: int
    flag: str

    @property
    def text(self) -> str:
        """The cursor as it is handed out."""
        return f"{self.rank}.{self.raised_at}.{self.flag}"


CURSOR_PATTERN = r"^[1-3]\.\d{1,18}\..{1,300}$"


def flag_cursor(text: str) -> FlagCursor:
    """A cursor that was handed out, read back; its text must be of ``CURSOR_PATTERN``."""
    rank, raised_at, flag = text.split(".", 2)
    return FlagCursor(int(rank), int(raised_at), flag)


@dataclass(frozen=True)
class FlagFilter:
    """Which flags are asked for; None is all. With ``cleared``, those too that had been cleared by then."""

    campaign: str | None = None
    rule: str | None = None
    unit: str | None = None
    severity: str | None = None
    disposition: str | None = None
    cleared: bool = False
    least_fen: int | None = None


EVERY_FLAG = FlagFilter()


def flags(
    views: ScopedViews,
    asked: FlagFilter = EVERY_FLAG,
    *,
    as_of: int = LATEST,
    after: FlagCursor | None = None,
    limit: int | None = 1000,
) -> list[Row]:
    """The flags that stood, the most severe first; what was said of one never removes it.

    One that was cleared has its position ``cleared_at``.
    """
    return [_without_span(row) for row in _listed(views, asked, "*", as_of, after, limit)]


def count_flags(views: ScopedViews, asked: FlagFilter = EVERY_FLAG, *, as_of: int = LATEST) -> int:
    """How many flags a question has on all its pages."""
    (found,) = _listed(views, asked, "count(*) AS flags", as_of, None, None)
    return int(found["flags"])


_AFTER = " AND (s.rank, f.raised_at, f.flag) > (%(rank)s, %(raised_at)s, %(flag)s)"


def _listed(
    views: ScopedViews,
    asked: FlagFilter,
    selected: str,
    as_of: int,
    after: FlagCursor | None,
    limit: int | None,
) -> list[Row]:
    listed = _LIST.format(
        versions="flag_spans" if asked.cleared else "flags",
        standing=_LAST_VERSION if asked.cleared else AS_OF,
        of_flag=given("f", rule=asked.rule, unit=asked.unit)
        + ("" if asked.least_fen is None else " AND f.amount_fen >= %(least_fen)s")
        + ("" if after is None else _AFTER),
        of_list=given("c", campaign=asked.campaign) + given("s", severity=asked.severity),
    )
    return views.rows(
        f"SELECT {selected} FROM (SELECT * FROM ({flags_beside(listed)}) d"
        " WHERE %(disposition)s::text IS NULL OR disposition = %(disposition)s"
        " ORDER BY rank, raised_at, flag LIMIT %(limit)s) l",
        **asdict(asked),
        as_of=as_of,
        limit=limit,
        inner_limit=limit if asked.disposition is None else None,
        **({} if after is None else after._asdict()),
    )


def standing(views: ScopedViews, flags: list[str], as_of: int = LATEST) -> list[Row]:
    """Those of these flags that stood, with what names each of them in a statement."""
    return views.rows(
        f"SELECT flag, rule, subject, raised_at, from_position FROM flags WHERE flag = ANY(%(flags)s) AND {AS_OF}",
        flags=flags,
        as_of=as_of,
    )


def flag_history(views: ScopedViews, flag: str, as_of: int = LATEST) -> list[Row]:
    """Every version of one flag, ``rule|subject``, so far: raised, changed, cleared, raised again."""
    return views.rows(
        "SELECT * FROM flags WHERE flag = %(flag)s AND from_position <= %(as_of)s ORDER BY from_position",
        flag=flag,
        as_of=as_of,
    )


def one_flag(views: ScopedViews, flag: str, as_of: int = LATEST) -> Row | None:
    """One flag as it stood or last stood, with its disposition; None where it was never raised."""
    inner = (
        "SELECT f.*, CASE WHEN f.to_position <= %(as_of)s THEN f.to_position END AS cleared_at"
        f" FROM flag_spans f WHERE f.flag = %(flag)s AND {_LAST_VERSION}"
    )
    found = views.rows(flags_beside(inner), as_of=as_of, flag=flag)
    return _without_span(found[0]) if found else None


def _without_span(row: Row) -> Row:
    row.pop("next_position", None)
    return row


def by_rule(views: ScopedViews, as_of: int = LATEST) -> list[Row]:
    """How many flags stood of each rule, and the money under them, in fen."""
    return views.rows(
        "SELECT rule, severity, count(*) AS flags, count(DISTINCT unit) AS units,"
        f" sum(amount_fen)::bigint AS amount_fen FROM flags f WHERE {AS_OF}"
        " GROUP BY rule, severity ORDER BY array_position(array['high', 'medium', 'low'], severity), rule",
        as_of=as_of,
    )


def by_unit(views: ScopedViews, as_of: int = LATEST) -> list[Row]:
    """How many flags stood of each rule in each unit, and the money under them, in fen."""
    return views.rows(
        "SELECT unit, rule, severity, count(*) AS flags, sum(amount_fen)::bigint AS amount_fen"
        f" FROM flags f WHERE unit IS NOT NULL AND {AS_OF}"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2",
        as_of=as_of,
    )


def by_week(views: ScopedViews, as_of: int = LATEST) -> list[Row]:
    """How many flags were raised in each week of each severity, of those that stood; weeks by their Monday."""
    return views.rows(
        "SELECT date_trunc('week', t.recorded_at AT TIME ZONE 'Asia/Shanghai')::date AS week, f.severity,"
        " count(*) AS flags, sum(f.amount_fen)::bigint AS amount_fen FROM"
        f" (SELECT * FROM flags f WHERE {AS_OF}) f JOIN moments t ON t.position = f.raised_at"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        as_of=as_of,
    )
