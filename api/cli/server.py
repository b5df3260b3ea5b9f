"""A running service, asked by the command (命令访问服务): signing in and out, questions, statements sent.

What the service refuses is the command's own error: the same code, what was expected and found, the
way out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit

import orjson
from uuid_utils import uuid7

from api.cli.receipts import Told
from api.cli.saved_sessions import SavedSession, state_folder, write_private
from api.service.sessions import SESSION_TYPE
from api.statements.submissions import write_submission
from ledger.bounded_http import Answer, ask, check_no_page, connections
from ledger.crypto.keys import OfficerKey, key_id_of
from ledger.errors import Explained, Refused, Rule, SongnuanError, Unavailable
from ledger.peer_faults import SLOW, UNREACHABLE, PeerFailed
from ledger.statements.statement import canonical_plain, pae
from ledger.writing.batch import Receipt
from ledger.writing.intake import Submission

COOKIE = "songnuan_session"
CSRF_HEADER = "x-csrf-token"
SECONDS = 60.0
SENDING_SECONDS = 900.0
MOST_BYTES = 64 * 1024 * 1024
MOST_FILE_BYTES = 1024 * 1024 * 1024
"""Of a file that the service makes, a history's bundle above all."""
PART = 1_000
"""How many statements go with one request."""


class NotSignedIn(Explained):
    """Nobody is signed in at the service, or the session there is over."""

    def __init__(self, server: str) -> None:
        super().__init__(
            "not-signed-in",
            f"尚未登录 {server}，或登录已失效：songnuan sign-in --server {server} --key 密钥文件",
            f"nobody is signed in at {server} any more: songnuan sign-in --server {server} --key KEYFILE",
        )


class AnsweredOtherwise(Explained):
    """The service gave an answer that this command cannot read."""


class Server:
    """A service at an address, with the session that is kept for it, if any."""

    def __init__(self, address: str, session: SavedSession | None = None) -> None:
        self.address = address
        self.session = session
        self._client = connections(SECONDS)

    def sign_in(self, key: OfficerKey) -> SavedSession:
        """Open a session for the officer whose key signs the service's challenge."""
        challenge = self._json("POST", "/session/challenge")
        parts = urlsplit(self.address)
        said = {
            "challenge": challenge["challenge"],
            "ledger": challenge["ledger"],
            "origin": f"{parts.scheme}://{parts.netloc}",
        }
        signed = {
            "key": key_id_of(key),
            "challenge": said["challenge"],
            "origin": said["origin"],
            "signature": key.sign(pae(SESSION_TYPE, canonical_plain(said))).hex(),
        }
        answer = self._answer("POST", "/session", orjson.dumps(signed))
        who = self._decoded(answer)
        return SavedSession(
            self.address, said["ledger"], who["officer"], who["name"], who["key"],
            self._cookie(answer), who["csrf"],
        )  # fmt: skip

    def ledger(self) -> str:
        """The ledger that the service has, which it tells anybody who would sign in."""
        return str(self._json("POST", "/session/challenge")["ledger"])

    def sign_out(self) -> None:
        """End the session; one that is over already has ended."""
        with suppress(NotSignedIn):
            self._answer("DELETE", "/session")

    def get(self, path: str, **parameters: Any) -> Any:
        """What a question's route answers."""
        return self._json("GET", _asked(path, parameters))

    def post(self, path: str, content: Any) -> None:
        """Tell the service something that it answers nothing to."""
        self._answer("POST", path, orjson.dumps(content))

    def told(self, path: str, content: Any, **parameters: Any) -> Any:
        """What the service answers to something that it was told."""
        body = orjson.dumps(content)
        return self._decoded(self._answer("POST", _asked(path, parameters), body, seconds=SENDING_SECONDS))

    def rows(
        self, path: str, *, cursor: str = "after", most: int | None = None, **parameters: Any
    ) -> list[dict[str, Any]]:
        """The rows of a list, page by page where it has pages: ``most`` of them, or all."""
        found: list[dict[str, Any]] = []
        after: Any = parameters.pop(cursor, None)
        while True:
            answer = self.get(path, **parameters, **{cursor: after})
            found += answer["rows"]
            after = answer.get("next")
            if after is None or (most is not None and len(found) >= most):
                return found if most is None else found[:most]

    def sent(self, path: str, file: bytes, **parameters: Any) -> Any:
        """What a route answers of a file."""
        answer = self._answer(
            "POST", _asked(path, parameters), file, "application/octet-stream", SENDING_SECONDS
        )
        return self._decoded(answer)

    def taken(self, path: str, **parameters: Any) -> bytes:
        """The bytes of a file that a route answers with."""
        answer = self._answer(
            "GET", _asked(path, parameters), seconds=SENDING_SECONDS, most_bytes=MOST_FILE_BYTES
        )
        return answer.content

    def send(
        self, submissions: Sequence[Submission], progress: Callable[[int], None] = lambda recorded: None
    ) -> list[Told]:
        """Send statements, a part at a time; an outcome for each, in order.

        Raises:
            Unavailable: the service was not reached, or what became of the rest is not known; the signed
                statements lie in the file that is named, to be submitted again.
        """
        outcomes: list[Told] = []
        for start in range(0, len(submissions), PART):
            part = submissions[start : start + PART]
            body = b"".join(orjson.dumps(write_submission(each)) + b"\n" for each in part)
            try:
                answer = self._answer("POST", "/statements", body, "application/x-ndjson", SENDING_SECONDS)
            except Unavailable as failure:
                self._kept(submissions[start:], failure)
            outcomes += [_outcome(each) for each in self._decoded(answer)["outcomes"]]
            progress(len(outcomes))
        return outcomes

    def _kept(self, left: Sequence[Submission], failure: Unavailable) -> NoReturn:
        """Keep what was signed and not answered for, so that it can be submitted again as it is."""
        file: Path = state_folder() / f"unsent-{uuid7()}.ndjson"
        write_private(file, b"".join(orjson.dumps(write_submission(each)) + b"\n" for each in left))
        again = f"songnuan submit {file} --server {self.address}"
        raise Unavailable(
            failure.code,
            f"{failure.zh}；已签署的 {len(left)} 条存于 {file}，重新提交不会重复登记：{again}",
            f"{failure.en}; the {len(left)} signed statements lie in {file}, and submitting them again records"
            f" none twice: {again}",
            failure.retry_after_seconds,
        ) from None

    def _json(self, method: str, path: str) -> Any:
        return self._decoded(self._answer(method, path))

    def _answer(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        content_type: str = "application/json",
        seconds: float = SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> Answer:
        headers = {}
        if self.session is not None:
            headers = {"cookie": f"{COOKIE}={self.session.cookie}", CSRF_HEADER: self.session.csrf}
        try:
            answer = ask(
                self._client, method, self.address + path, seconds=seconds, most_bytes=most_bytes,
                content=content, content_type=None if content is None else content_type, headers=headers,
            )  # fmt: skip
            check_no_page(answer)
        except PeerFailed as failure:
            raise self._failed(failure) from None
        if answer.status >= 400:
            raise self._refusal(answer)
        return answer

    def _failed(self, failure: PeerFailed) -> SongnuanError:
        zh = f"服务 {self.address} 没有给出可用的应答：{failure.zh}"
        en = f"the service at {self.address} gave no answer that can be used: {failure.en}"
        if failure.code in (UNREACHABLE, SLOW):
            way = f"请核对地址，并查看服务是否在运行（{self.address}/healthz）"
            way_en = f"look at the address, and whether the service runs ({self.address}/healthz)"
            return Unavailable(failure.code, f"{zh}；{way}", f"{en}; {way_en}", 5)
        return Explained(failure.code, zh, en)

    def _refusal(self, answer: Answer) -> SongnuanError:
        try:
            problem = orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            problem = None
        if not isinstance(problem, dict) or not isinstance(problem.get("code"), str):
            return AnsweredOtherwise(
                "peer-status",
                f"服务 {self.address} 应答 {answer.status}，且未说明原因；可能是代理在应答",
                f"the service at {self.address} answered {answer.status} without a reason: perhaps a proxy did",
            )
        if problem["code"] == "not-signed-in":
            return NotSignedIn(self.address)
        return error_of(problem)

    def _decoded(self, answer: Answer) -> Any:
        try:
            return orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            raise AnsweredOtherwise(
                "peer-content",
                f"服务 {self.address} 的应答不是 JSON，可能不是送暖账本的服务",
                f"the answer of {self.address} is no JSON: it may be another service",
            ) from None

    def _cookie(self, answer: Answer) -> str:
        try:
            found = SimpleCookie(answer.headers.get("set-cookie", "")).get(COOKIE)
        except CookieError:
            found = None
        if found is None:
            raise AnsweredOtherwise(
                "peer-content",
                f"服务 {self.address} 没有给出登录凭据",
                f"the service at {self.address} gave no session",
            )
        return found.value


def _asked(path: str, parameters: Mapping[str, Any]) -> str:
    """A path with its question, of the parameters that were given; what is so or not is said in a word."""
    said = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in parameters.items()
        if value is not None
    }
    return path + (f"?{urlencode(said)}" if said else "")


def error_of(problem: Mapping[str, Any]) -> SongnuanError:
    """A problem's own error: a rule's refusal where this release knows its code, else its words."""
    code, details = problem["code"], problem.get("details") or {}
    rule = Rule.all.get(code)
    if rule is not None:
        return Refused(rule, details)
    zh, en = str(problem.get("title", code)), str(problem.get("detail", code))
    return Unavailable(code, zh, en) if problem.get("status") == 503 else Explained(code, zh, en)


def _outcome(answer: Mapping[str, Any]) -> Told:
    """One statement's receipt or refusal, as the service answers it among many."""
    return Receipt(**answer) if "leaf_hash" in answer else error_of(answer)
