"""Admission (准入): the checks that every statement passes, then its own event's, then its effect.

Pure: statement and state in, verdict out; the time is in the act.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

from ledger.domain.authority import check_officer_or_registrar
from ledger.domain.entry import act_of
from ledger.domain.event import (
    ROLE_TITLES,
    VerifiedEvent,
    covers,
    holds,
    utc,
    utc_text,
)
from ledger.domain.fields import Names
from ledger.domain.references import (
    KIND_TITLES,
    Named,
    Scope,
    check_agreement,
    resolved,
)
from ledger.domain.state import (
    Book,
    Campaign,
    Key,
    Officer,
    State,
    Unit,
)
from ledger.errors import Rule
from ledger.gc_tuning import seldom_collected

NOT_FOUNDED = Rule("not-founded", zh="台账尚未建立", en="the ledger is not founded yet")
WRONG_LEDGER = Rule(
    "wrong-ledger",
    zh="签署件是签给另一台账的：应为 {expected}，实为 {found}",
    en="signed for another ledger: expected {expected}, found {found}",
)
KEY_UNKNOWN = Rule("key-unknown", zh="签名密钥未登记：{key}", en="the signing key is not enrolled: {key}")
KEY_NOT_YET_VALID = Rule(
    "key-not-yet-valid",
    zh="签名密钥自 {expected} 起有效，签署时间 {found}",
    en="the key is valid from {expected}, the statement is of {found}",
)
KEY_REVOKED = Rule(
    "key-revoked",
    zh="签名密钥自 {expected} 起注销，现为 {found}",
    en="the key is revoked from {expected}, and it is {found}",
)
ROLE_NOT_HELD = Rule(
    "role-not-held",
    zh="{officer} 无权办理：需要{expected}（单位 {unit}，活动 {campaign}）",
    en="{officer} lacks the role: needs {expected_en} (unit {unit}, campaign {campaign})",
)
MADE_IN_FUTURE = Rule(
    "made-in-future",
    zh="签署时间在未来：现为 {expected}，实为 {found}",
    en="the statement is of a time to come: it is {expected}, found {found}",
)
NOT_TAKING_PART = Rule(
    "unit-not-in-campaign",
    zh="单位 {unit} 不是活动 {campaign} 主办单位的下级，不参加该活动；已在外办理的，由主办单位的财务或审计补录",
    en="unit {unit} does not lie below the sponsor of campaign {campaign} and takes no part in it; what has"
    " happened all the same is recorded after the fact, by finance or an auditor over the sponsor too",
)
BEYOND_OWN_SCOPE = Rule(
    "beyond-own-scope",
    zh="{officer} 无权办理：所涉及的{kind}不在其权限范围内：{id}",
    en="{officer} may not act on this {kind_en}, it lies beyond their scope: {id}",
)
NOT_THE_LEDGER = Rule(
    "not-the-ledger",
    zh="此事件只能由台账自己的密钥签署：应为 {expected}，实为 {found}",
    en="only the ledger's own key may sign this: expected {expected}, found {found}",
)
SIGNER_DIFFERS = Rule(
    "signer-differs",
    zh="首位签名人与签署件所载签署人不符：应为 {expected}，实为 {found}",
    en="the first signature is not by who states: expected {expected}, found {found}",
)

ON_TOO_EARLY = Rule(
    "on-too-early",
    zh="业务日期 {found} 早于 {expected}：超过两个月的只能补录，由财务或审计说明理由",
    en="the date {found} is before {expected}: what is older than two months is recorded after the fact, by"
    " finance or an auditor and with the reason",
)

MOST_BACKDATED = timedelta(days=60)
"""How long before its recording an act may be said to have happened; earlier it is after the fact."""

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far an officer's clock may run ahead of the ledger's."""


def decide(act: VerifiedEvent, state: State) -> None:
    """Raises the refusal, if there is reason for one. Changes nothing."""
    statement = act.statement
    if act.signers[0] != statement.by:
        raise SIGNER_DIFFERS.refused(expected=statement.by, found=act.signers[0])
    made_at = utc(statement.made_at)
    _check_times(act, made_at, state)
    book = state.find(Book, "ledger")
    if book is None:
        if not act.event.FOUNDS:
            raise NOT_FOUNDED.refused()
    else:
        if statement.ledger != book.ledger:
            raise WRONG_LEDGER.refused(expected=book.ledger, found=statement.ledger)
        who = act.event.SIGNED_BY
        if who == "ledger" and act.signers != (book.key_id,):
            raise NOT_THE_LEDGER.refused(expected=book.key_id, found=", ".join(act.signers))
        _check_signers(act, made_at, state)
        if state.rules >= 2:
            _check_backdating(act)
        if who == "officer or registrar":
            check_officer_or_registrar(act, state)
    act.event.decide(act, state)


def admit(act: VerifiedEvent, state: State) -> None:
    """Decides, and on admission takes the effect."""
    decide(act, state)
    act.event.apply(act, state)


def fold(entries: Iterable[bytes], state: State | None = None) -> State:
    """What stands after recorded entries, in order (重新计算). Their verdicts are not repeated."""
    state = State() if state is None else state
    with seldom_collected():
        for entry in entries:
            act = act_of(entry)
            act.event.apply(act, state)
    return state


@lru_cache(maxsize=16)
def _bounds(recorded_at: str) -> tuple[str, str]:
    """The latest time and day that a statement recorded then may name."""
    recorded = datetime.fromisoformat(recorded_at)
    tomorrow = (recorded + timedelta(days=1)).date().isoformat()
    return utc_text(recorded + CLOCK_TOLERANCE), tomorrow


def _check_times(act: VerifiedEvent, made_at: str, state: State) -> None:
    """Refuses a time to come, and a day to come: by the seventh version of the rules, a day of China's calendar."""
    if made_at <= act.recorded_at and act.statement.on <= act.recorded_at[:10]:
        return
    latest, tomorrow = _bounds(act.recorded_at)
    if made_at > latest:
        raise MADE_IN_FUTURE.refused(expected=act.recorded_at, found=act.statement.made_at)
    last_day = tomorrow if state.rules < 7 else act.recorded_on
    if act.statement.on > last_day:
        raise MADE_IN_FUTURE.refused(expected=last_day, found=act.statement.on)


@lru_cache(maxsize=16)
def _earliest(recorded_on: str) -> str:
    return (date.fromisoformat(recorded_on) - MOST_BACKDATED).isoformat()


def _check_backdating(act: VerifiedEvent) -> None:
    """Refuses a date of business long before the recording, except after the fact.

    Who accepts the clock does so because the recording is not to be trusted.
    """
    if act.event.CORRECTS_TIME:
        return
    if act.statement.on < _earliest(act.recorded_on) and not act.event.__dict__.get("after_the_fact"):
        raise ON_TOO_EARLY.refused(expected=_earliest(act.recorded_on), found=act.statement.on)


def _check_signers(act: VerifiedEvent, made_at: str, state: State) -> None:
    """Keys in force and roles held. What passed is remembered until the registry changes.

    Remembered is for which signers, roles, units and campaigns, and from when until when the keys hold.
    """
    event = act.event
    own = event.scope(state)
    # By the first version of the rules an act's scope was what its body said.
    beyond = [] if state.rules < 2 else resolved(event.REFERENCES, event, own, state)
    apart = state.rules >= 3 and event.HELD_OVER.participates and _is_apart(own, state)
    if apart and event.__dict__.get("after_the_fact"):
        sponsor = state.get(Campaign, own.campaign or "").sponsor
        beyond.append(Named(Names("campaign"), own.campaign or "", Scope(sponsor, own.campaign)))
        apart = False
    asked = ("signers", act.signers, event.roles(), own, *[named.scope for named in beyond])
    begins, ends = state.remembered.get(asked, _NEVER)
    if not (begins <= made_at < ends and begins <= act.recorded_at < ends):
        keys = [_checked_key(keyid, made_at, act.recorded_at, state) for keyid in act.signers]
        _check_roles(act, own, beyond, state)
        state.remembered[asked] = (
            max(key.valid_from for key in keys),
            min(key.revoked_from or _FOR_EVER for key in keys),
        )
    # What follows is asked of each act: it is no matter of roles, and not remembered with them.
    if apart:
        raise NOT_TAKING_PART.refused(unit=own.unit, campaign=own.campaign)
    for named in beyond:
        check_agreement(event, named, state)


def _is_apart(own: Scope, state: State) -> bool:
    """Whether a unit lies neither at a campaign's sponsor nor below it, and so takes no part in the campaign."""
    asked = ("apart", own)
    if asked not in state.remembered:
        unit = state.get(Unit, own.unit or "")
        sponsor = state.get(Campaign, own.campaign or "").sponsor
        state.remembered[asked] = sponsor != unit.id and sponsor not in unit.ancestors
    found: bool = state.remembered[asked]
    return found


_FOR_EVER = "9999-12-31T23:59:59.999999Z"
_NEVER = (_FOR_EVER, "")


def _checked_key(keyid: str, made_at: str, recorded_at: str, state: State) -> Key:
    key = state.find(Key, keyid)
    if key is None:
        raise KEY_UNKNOWN.refused(key=keyid)
    if made_at < key.valid_from or recorded_at < key.valid_from:
        raise KEY_NOT_YET_VALID.refused(expected=key.valid_from, found=made_at)
    if key.revoked_from is not None and max(made_at, recorded_at) >= key.revoked_from:
        raise KEY_REVOKED.refused(expected=key.revoked_from, found=max(made_at, recorded_at))
    return key


def _check_roles(act: VerifiedEvent, own: Scope, beyond: Sequence[Named], state: State) -> None:
    """Each signer holds one of the roles for the act itself and for all that it names.

    By the third version of the rules a second registrar only agrees, and may be one over less.
    """
    roles = act.event.roles()
    if not roles:
        return
    for number, keyid in enumerate(act.signers):
        officer = state.get(Officer, state.get(Key, keyid).officer)
        if number > 0 and state.rules >= 3 and roles == REGISTRAR and _is_registrar(officer):
            continue
        if not holds(officer, roles, own, state):
            wanted = sorted(roles)
            raise ROLE_NOT_HELD.refused(
                officer=officer.id,
                expected="或".join(ROLE_TITLES[role][0] for role in wanted),
                expected_en=" or ".join(wanted),
                roles=wanted,
                unit=_told_unit(act, own, officer, state),
                campaign=own.campaign or "*",
            )
        for named in beyond:
            if not holds(officer, roles, named.scope, state):
                # Where the thing lies is not said: who may not act on it need not know.
                title = KIND_TITLES[named.names.kind]
                raise BEYOND_OWN_SCOPE.refused(
                    officer=officer.id, kind=title[0], kind_en=title[1], id=named.id
                )


REGISTRAR = frozenset({"registrar"})


def _is_registrar(officer: Officer) -> bool:
    return any(grant["role"] == "registrar" for grant in officer.grants)


def _told_unit(act: VerifiedEvent, own: Scope, officer: Officer, state: State) -> str:
    """The unit over which the role is asked: where neither named nor the officer's to know, it is not said."""
    if own.unit is None:
        return "*"
    unit = state.get(Unit, own.unit)
    homes = {officer.unit, *(grant["unit"] for grant in officer.grants)} - {None}
    is_above = any(unit.id == home or unit.id in state.get(Unit, home).ancestors for home in homes if home)
    is_within = any(covers(grant, unit, grant["campaign"]) for grant in officer.grants)
    named = {act.statement.body.get("unit"), act.statement.body.get("parent")}
    return unit.id if is_above or is_within or unit.id in named else "…"
