"""Sampling (抽样): the same seed draws the same cases of the same moment, for anybody who repeats it.

``random`` orders cases by the SHA-256 of seed and id; ``sum`` draws with chances in proportion to what
was paid (monetary unit sampling, systematic); ``flag`` takes those under flags first, the most severe
before, and fills up at random. The database draws, so that only the sample is ever read from it.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Literal, NamedTuple

from api.gate import Row, ScopedViews
from ledger.errors import Rule
from projections.frame.view import AS_OF

Method = Literal["random", "sum", "flag"]

SUM_TOO_SMALL = Rule(
    "sample-sum-too-small",
    zh="已发放金额为 {found!y} 元，不足以按金额抽取 {size} 例：请减少样本量，或改用随机抽样",
    en="{found!y} yuan were paid, too little to draw {size} cases by sum: draw fewer, or at random",
)

_UNDER_FLAGS = (
    "LATERAL ("
    "  SELECT coalesce(max(CASE severity WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END), 0) AS rank,"
    f"  array_agg(DISTINCT rule) AS rules FROM flags f WHERE {AS_OF} AND f.subject IN ("
    "   'case:' || k.campaign || '/' || k.case_id, 'person:' || k.campaign || '/' || k.person)) f"
)
# Of each subject once, and not of each case: a list has many thousands of either.
_BY_SUBJECT = (
    "(SELECT f.subject, max(CASE f.severity WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END) AS rank"
    f" FROM flags f WHERE {AS_OF} AND (f.subject LIKE 'case:%%' OR f.subject LIKE 'person:%%') GROUP BY f.subject)"
)
_LIVE = f"(SELECT * FROM cases c WHERE {AS_OF}) k"
_CHANCE = "sha256(%(seed)s::bytea || convert_to('|' || k.case_id, 'UTF8'))"
_CHOSEN: dict[Method, str] = {
    "random": f"SELECT k.case_id FROM {_LIVE} ORDER BY {_CHANCE} LIMIT %(size)s",
    "flag": f"SELECT k.case_id FROM {_LIVE}"
    f" LEFT JOIN {_BY_SUBJECT} c ON c.subject = 'case:' || k.campaign || '/' || k.case_id"
    f" LEFT JOIN {_BY_SUBJECT} p ON p.subject = 'person:' || k.campaign || '/' || k.person"
    f" ORDER BY greatest(c.rank, p.rank, 0) DESC, {_CHANCE} LIMIT %(size)s",
    # Every n-th fen from a start: a case is drawn where one of them lies in its own.
    "sum": "SELECT case_id FROM (SELECT k.case_id, k.paid_fen,"
    "  (sum(k.paid_fen) OVER (ORDER BY k.nominated_position))::bigint AS passed"
    f"  FROM {_LIVE}) k"
    " WHERE (passed - %(first)s + %(step)s - 1) / %(step)s"
    "  > greatest(passed - paid_fen - %(first)s + %(step)s - 1, 0) / %(step)s AND passed > %(first)s",
}


class Sample(NamedTuple):
    """The cases drawn, in the order of their nomination, each with the flags on it; of how many; by which method.

    ``method`` is the one used: where too little was paid to draw by sum, it is at random.
    """

    cases: list[Row]
    of: int
    method: Method
    paid_fen: int


def drawn_as_asked(views: ScopedViews, method: Method, size: int, seed: str, as_of: int) -> Sample:
    """The same as :func:`draw`, by the method asked for and no other.

    Raises:
        Refused: ``sample-sum-too-small``.
    """
    found = draw(views, method, size, seed, as_of)
    if found.method != method and len(found.cases) < found.of:
        raise SUM_TOO_SMALL.refused(size=size, found=found.paid_fen)
    return found


def draw(views: ScopedViews, method: Method, size: int, seed: str, as_of: int) -> Sample:
    """Draw a sample as of a position; all cases where there are not more.

    By ``sum`` a case that holds several of the fen that are hit is drawn once, so that fewer may come.
    """
    whole = views.rows(
        f"SELECT count(*) AS cases, coalesce(sum(k.paid_fen), 0)::bigint AS paid_fen FROM {_LIVE}",
        as_of=as_of,
    )[0]
    if method == "sum" and (size >= whole["cases"] or whole["paid_fen"] < size):
        method = "random"
    step = max(1, whole["paid_fen"] // size)
    found = views.rows(
        "SELECT k.case_id, k.campaign, k.unit, k.dossier, k.category, k.state, k.line, k.approved_fen, k.paid_fen,"
        " k.returned_fen, k.nominated_on, k.nominated_position, f.rank, f.rules"
        f" FROM {_LIVE} CROSS JOIN {_UNDER_FLAGS}"
        f" WHERE k.case_id IN ({_CHOSEN[method]}) ORDER BY k.nominated_position",
        as_of=as_of,
        size=size,
        seed=seed.encode(),
        first=int(sha256(seed.encode()).hexdigest(), 16) % step,
        step=step,
    )
    return Sample(found, whole["cases"], method, whole["paid_fen"])
