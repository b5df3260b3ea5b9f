"""Ledgers of a lower level over HTTP (下级台账): how each stands, and what they add up to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse

from api.federation import queries
from api.federation.following import mirror_of, mirrors_folder, origin_hash
from api.federation.overview import LedgerStanding, LevelStanding, Standing, levels, standings, within
from api.federation.rolling_up import RolledUp, rolled_up
from api.gate import LATEST
from api.service.answers import Page, PageByKey, Rows, answered
from api.service.dependencies import Asks, Limit, QueryContext, page
from api.service.problems import documented
from api.service.service import service_of
from ledger.clock import china_today
from ledger.domain.federation import Followed
from ledger.domain.matches import MatchState
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.federation.drilling import cases, count_cases, entry, prove
from ledger.federation.figures import LAST_DAY
from ledger.federation.mirror import Mirror
from ledger.federation.totals import Totals
from ledger.statements.statement import day as parsed_day
from projections.frame.column import Day, Fen, Number, Title
from projections.views.federation import FollowedRow, LedgerMatchRow

router = APIRouter(tags=["federation"])

FollowedName = Annotated[str, Path(max_length=64)]
Part = Annotated[str | None, Query(max_length=64)]


@dataclass
class MirroredCase:
    """A case of a ledger below as it stood; its codes are that ledger's, ``entry`` is where it changed last."""

    entry: Annotated[Number, Title("登记序号", "entry")]
    day: Annotated[Day, Title("日期", "day")]
    case_id: str
    campaign: Annotated[str, Title("活动", "campaign")]
    unit: Annotated[str, Title("单位", "unit")]
    category: Annotated[str | None, Title("对象类别", "category")]
    line: Annotated[str | None, Title("资金项目", "line")]
    state: Annotated[str, Title("状态", "state")]
    approved_fen: Annotated[Fen, Title("批准（元）", "approved")]
    paid_fen: Annotated[Fen, Title("实发（元）", "paid")]
    goods_fen: Annotated[Fen, Title("物资（元）", "goods")]


@dataclass
class MirroredEntry:
    """An entry of a ledger below, and what proves it: the bytes as text, proof, key of the log."""

    entry_text: str
    proof: str
    verifier_key: str
    at: int
    position: int


@router.get("/federation", responses=answered(Rows[FollowedRow]))
def get_federation(asked: Asks) -> Response:
    """The ledgers that this one follows, as they stood: how far each was seen, and what is wrong."""
    views = asked.everything().views
    return asked.answer({"rows": queries.followed(views, asked.as_of)})


AsOfDay = Annotated[
    str | None, Query(max_length=10, description="As of a day at the ledgers below, like 2026-01-12")
]
Below = Annotated[
    str, Query(pattern=r"^\d{6}$", description="All of a division, by its code; 000000 is everything")
]


@router.get("/federation/levels", responses=answered(Rows[LevelStanding]))
def get_levels(asked: Asks, below: Below = "000000", day: AsOfDay = None) -> Response:
    """Each division one level down: how many ledgers stand how, and what they come to; sums in fen."""
    return asked.answer({"rows": [asdict(each) for each in levels(_standings(asked, day), below)]})


@router.get("/federation/ledgers", responses=answered(PageByKey[LedgerStanding]))
def get_ledgers(
    asked: Asks,
    below: Below = "000000",
    day: AsOfDay = None,
    state: Annotated[Standing | None, Query()] = None,
    after: Annotated[str, Query(max_length=80, description="The cursor of the page before")] = "",
    limit: Limit = 50,
) -> Response:
    """The ledgers of a division, each with its state, what it declares, what its entries come to, the difference."""
    rows = within(_standings(asked, day), below, state)
    left = [asdict(row) for row in rows if f"{row.region} {row.followed}" > after][: limit + 1]
    last = left[limit - 1] if len(left) > limit else None
    following = None if last is None else f"{last['region']} {last['followed']}"
    return asked.answer({"rows": left[:limit], "next": following, "total": None if after else len(rows)})


def _standings(asked: QueryContext, day: str | None) -> list[LedgerStanding]:
    views = asked.everything().views
    until = _until(day)
    ids = {each.id: each.ledger for each in asked.service.state.records(Followed)}
    totals = Totals(mirrors_folder(asked.service.store.folder))
    taken = queries.last_summaries(views, until)
    return standings(totals, queries.followed(views, asked.as_of), ids, taken, until)


def _until(day: str | None) -> str:
    return LAST_DAY if day is None else parsed_day(day, "day").isoformat()


@router.get("/federation/{followed}/cases", responses=answered(Page[MirroredCase]))
def get_cases(
    asked: Asks,
    followed: FollowedName,
    after: Annotated[int, Query(ge=0, le=LATEST, description="The cursor of the page before")] = 0,
    day: AsOfDay = None,
    campaign: Part = None,
    unit: Part = None,
    category: Part = None,
    line: Part = None,
    limit: Limit = 50,
) -> Response:
    """The cases behind a ledger's figures: who was helped stays there; each with the entry that it stands by."""
    named = {"campaign": campaign, "unit": unit, "category": category, "line": line}
    mirror, until = _mirror(asked, followed), _until(day)
    found = cases(mirror, day=until, named=named, after=after, limit=limit + 1)
    count = None if after > 0 else lambda: count_cases(mirror, day=until, named=named)
    return asked.answer(page(found, limit, "entry", count))


@router.get("/federation/{followed}/entries/{position}", responses=answered(MirroredEntry))
def get_entry(
    asked: Asks, followed: FollowedName, position: Annotated[int, Path(ge=1, le=LATEST)]
) -> Response:
    """An entry as the ledger below has recorded it, with its proof (`.tlog-proof`) and the key of its log."""
    mirror = _mirror(asked, followed)
    shown = MirroredEntry(
        entry_text=entry(mirror, position).decode(),
        proof=prove(mirror, position).text,
        verifier_key=mirror.signer().text,
        at=position,
        position=asked.position,
    )
    return asked.answer(asdict(shown))


def _mirror(asked: QueryContext, code: str) -> Mirror:
    """The mirror of a ledger that is followed, for who sees everything."""
    asked.everything()
    return mirror_of(asked.service.store.folder, asked.service.state.get(Followed, code))


@router.get(
    "/federation/{origin}/checkpoint", response_class=PlainTextResponse, responses=documented(404, 422)
)
def get_checkpoint(
    request: Request, origin: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
) -> PlainTextResponse:
    """The last checkpoint seen of the ledger below whose origin has that SHA-256, as a witness shows its own."""
    service = service_of(request)
    for each in service.state.records(Followed):
        if origin_hash(each.ledger) == origin and (raw := mirror_of(service.store.folder, each).checkpoint):
            return PlainTextResponse(raw, headers={"Cache-Control": "no-cache"})
    raise UNKNOWN_REFERENCE.refused(kind="followed", id=origin)


@router.get("/federation/rollup", responses=answered(Rows[RolledUp]))
def get_rollup(
    asked: Asks,
    by: Annotated[Literal["campaign", "unit", "category", "line"] | None, Query()] = None,
    of: Annotated[str | None, Query(max_length=64, description="One ledger alone, by its code")] = None,
    day: AsOfDay = None,
) -> Response:
    """What the ledgers below declare, what their entries come to, and the difference; sums in fen."""
    views = asked.everything().views
    until = _until(day)
    known = asked.service.state
    chosen = list(known.records(Followed)) if of is None else [known.get(Followed, of)]
    followed = sorted(chosen, key=lambda each: (each.region, each.id))
    taken = queries.summaries_taken(views, until)
    found = rolled_up(asked.service.store.folder, followed, taken, by=by, day=until)
    return asked.answer({"rows": [each.__dict__ for each in found]})


@dataclass
class InboxMatch(LedgerMatchRow):
    """A match as it is looked into: both ledgers' names, until when it is to be settled, and whether that is over."""

    first_name: Annotated[str, Title("一方", "one side")]
    second_name: Annotated[str, Title("另一方", "the other side")]
    due_on: Annotated[Day, Title("核查期限", "due")]
    lapsed: bool


@dataclass
class MatchCount:
    """How many matches are how far, and how many of them should have been settled by now."""

    state: Annotated[MatchState, Title("处理情况", "handled")]
    matches: Annotated[Number, Title("件数", "matches")]
    lapsed: Annotated[Number, Title("逾期", "overdue")]


OfLedger = Annotated[str | None, Query(max_length=48, description="Of this ledger alone")]


@router.get("/federation/matches", responses=answered(PageByKey[InboxMatch]))
def get_matches(
    asked: Asks,
    of: OfLedger = None,
    state: Annotated[MatchState | None, Query()] = None,
    waiting: Annotated[bool, Query(description="Only those that a county has not answered yet")] = False,
    after: Annotated[
        str,
        Query(pattern=r"^(\d{4}-\d\d-\d\d [0-9a-f]{64})?$", description="The cursor of the page before"),
    ] = "",
    limit: Limit = 50,
) -> Response:
    """Matches between the ledgers below: a position in each one's log, what each county answered, until when."""
    views, today = asked.everything().views, china_today()
    chosen = "waiting" if waiting else state
    last = (parsed_day(after[:10], "after").isoformat(), after[11:]) if after else None
    found = queries.matches(views, asked.as_of, today, of=of, state=chosen, after=last, limit=limit + 1)
    following = f"{found[limit - 1]['found_on']} {found[limit - 1]['match']}" if len(found) > limit else None
    counts = [] if after else queries.match_counts(views, asked.as_of, today, of=of)
    total = sum(each["matches"] for each in counts if chosen in (None, each["state"]))
    return asked.answer({"rows": found[:limit], "next": following, "total": None if after else total})


@router.get("/federation/matches/counts", responses=answered(Rows[MatchCount]))
def get_match_counts(asked: Asks, of: OfLedger = None) -> Response:
    """How many matches wait, are looked into, are confirmed or settled, and how many of them are overdue."""
    views = asked.everything().views
    return asked.answer({"rows": queries.match_counts(views, asked.as_of, china_today(), of=of)})
