"""Sessions (登录): an officer signs a challenge with their key; there are no passwords.

What is signed is DSSE's pre-authentication encoding of ``{"challenge", "ledger", "origin"}`` in
canonical JSON, under a type of its own: such a signature is good for nothing else. A session lives in
this process, for a short time, and ends at once when its key or its officer's roles do.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import NamedTuple

from api.service.access import Principal
from api.service.problems import KEY_NOT_IN_FORCE, NOT_SIGNED_IN
from ledger.clock import utc_now
from ledger.crypto.signatures import verify_signature
from ledger.domain.event import utc_text
from ledger.domain.state import Key, Officer, State
from ledger.errors import Refused, Rule
from ledger.statements.statement import canonical_plain, pae

SESSION_TYPE = "application/vnd.songnuan.session+json"
IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 8 * 3600
CHALLENGE_SECONDS = 120
MOST_CHALLENGES = 10_000

CHALLENGE_UNKNOWN = Rule(
    "challenge-unknown",
    zh="登录请求已失效，请重新登录",
    en="the challenge is over or was used: ask for another",
)


class Session(NamedTuple):
    """A signed-in officer: the key, the token that changes must carry, and when it ends."""

    key: str
    csrf: str
    ends: float


class Sessions:
    """All sessions of this process. Times are seconds of a clock that only goes on."""

    def __init__(self, ledger: str, state: Callable[[], State], clock: Callable[[], float]) -> None:
        self._ledger = ledger
        self._standing = state
        self._clock = clock
        self._challenges: dict[str, float] = {}
        self._sessions: dict[str, tuple[Session, float]] = {}

    def challenge(self) -> str:
        """A new challenge, good once and for two minutes."""
        now = self._clock()
        self._challenges = {each: until for each, until in self._challenges.items() if until > now}
        while len(self._challenges) >= MOST_CHALLENGES:
            del self._challenges[next(iter(self._challenges))]
        made = secrets.token_urlsafe(32)
        self._challenges[made] = now + CHALLENGE_SECONDS
        return made

    def sign_in(self, key: str, challenge: str, origin: str, signature: bytes) -> tuple[str, Session]:
        """Opens a session; answers its secret name and the session.

        Raises:
            Refused: ``challenge-unknown``, ``key-not-in-force`` or a signature's own code.
        """
        if self._challenges.pop(challenge, 0.0) <= self._clock():
            raise CHALLENGE_UNKNOWN.refused()
        _, record = self._in_force(key)
        verify_signature(bytes.fromhex(record.public_key), self.message(challenge, origin), signature)
        now = self._clock()
        name = secrets.token_urlsafe(32)
        session = Session(key, secrets.token_urlsafe(32), now + LONGEST_SECONDS)
        self._sessions = {n: (s, idle) for n, (s, idle) in self._sessions.items() if min(s.ends, idle) > now}
        self._sessions[name] = session, now + IDLE_SECONDS
        return name, session

    def message(self, challenge: str, origin: str) -> bytes:
        """What a key signs to sign in at an origin, like ``https://ledger.example``."""
        said = {"challenge": challenge, "ledger": self._ledger, "origin": origin}
        return pae(SESSION_TYPE, canonical_plain(said))

    def reader(self, name: str | None) -> tuple[Principal, Session]:
        """The session of that name, and its officer as they stand now.

        Raises:
            Refused: ``not-signed-in``, also where the session is over, ``key-not-in-force``.
        """
        now = self._clock()
        session, idle = self._sessions.get(name or "", (None, 0.0))
        if session is None or name is None or min(session.ends, idle) <= now:
            raise NOT_SIGNED_IN.refused()
        officer, _ = self._in_force(session.key)
        self._sessions[name] = session, now + IDLE_SECONDS
        return _reader(officer, session.key), session

    def stands(self, name: str | None) -> bool:
        """Whether a session still stands; to look does not prolong it."""
        return self.looked_up(name) is not None

    def looked_up(self, name: str | None) -> Principal | None:
        """The officer of a session as they stand now, None where it is over; to look does not prolong it."""
        session, idle = self._sessions.get(name or "", (None, 0.0))
        if session is None or min(session.ends, idle) <= self._clock():
            return None
        try:
            officer, _ = self._in_force(session.key)
        except Refused:
            return None
        return _reader(officer, session.key)

    def sign_out(self, name: str | None) -> None:
        """Ends a session."""
        self._sessions.pop(name or "", None)

    def _in_force(self, key_id: str) -> tuple[Officer, Key]:
        state, now = self._standing(), utc_text(utc_now())
        key = state.find(Key, key_id)
        officer = None if key is None else state.find(Officer, key.officer)
        if key is None or officer is None or key.valid_from > now:
            raise KEY_NOT_IN_FORCE.refused(key=key_id)
        if key.compromised or (key.revoked_from is not None and key.revoked_from <= now):
            raise KEY_NOT_IN_FORCE.refused(key=key_id)
        return officer, key


def _reader(officer: Officer, key: str) -> Principal:
    return Principal(officer.id, officer.name, officer.unit, key, tuple(officer.grants))


def monotonic() -> float:
    """The sessions' usual clock."""
    return time.monotonic()
