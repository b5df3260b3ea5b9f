"""Cosigning (见证签名): the ledger's checkpoints brought to its witnesses, and their signatures kept.

The client's side of C2SP tlog-witness. A witness that is further on than we are shows that this
database was set back, one to which no proof leads that history has forked; neither is a fault of the
network, and both are said as what they are.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Protocol

import httpx2
import psycopg
import structlog

from ledger.bounded_http import Answer, ask, check_no_page, check_status, connections
from ledger.errors import Explained, Misconfigured, Refused, SongnuanError
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.high_water import check_not_set_back
from ledger.log.losses import is_owned_to
from ledger.log.note import (
    Note,
    NoteKey,
    SignatureLine,
    parse_note,
    parse_signature_lines,
    verified,
)
from ledger.log.proofs import (
    add_cosignatures,
    head,
    latest_checkpoint,
    prove_consistent,
    size_of,
)
from ledger.log.witness import AddCheckpoint
from ledger.peer_faults import CONTENT, STATUS, PeerFailed
from ledger.storage.store import OpenStore

ANSWER_SECONDS = 10.0
LARGEST_ANSWER_BYTES = 64 * 1024
"""A checkpoint with all its signatures is a few kilobytes."""
PAUSE_SECONDS = 1.0
AFTER_FAILURE_SECONDS = 30.0
SIZE_TYPE = "text/x.tlog.size"
LONGEST_SIZE = 20
"""Digits of the largest size."""
NOT_SHOWN = 404
UNPROVED = 422
"""How a witness answers where our proof does not lead from what it signed to what we show."""

_SHOWS_NONE = "不出示它所签的检查点", "it does not show the checkpoint that it signed", CONTENT

_log = structlog.get_logger(__name__)


class WitnessFailed(Explained):
    """A witness did not sign, with what it said; ``reason`` is the code of what was wrong."""

    def __init__(self, name: str, zh: str, en: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            "witness-failed",
            f"见证方 {name} 未签名：{zh}（{reason}）",
            f"{name} did not sign: {en} ({reason})",
        )


class Disagrees(Explained):
    """A witness has signed a checkpoint of this log, of ``size`` entries, that our history does not hold."""

    def __init__(self, size: int, code: str, zh: str, en: str) -> None:
        super().__init__(code, zh, en)
        self.size = size


class SetBack(Disagrees):
    """A witness has signed more than this database holds."""

    def __init__(self, name: str, theirs: int, ours: int) -> None:
        super().__init__(
            theirs,
            "set-back",
            f"数据库被回退：见证方 {name} 已签到第 {theirs} 条，此处只有 {ours} 条。请换回含有这些记录的数据库或备份；"
            "确已丢失的，停止服务，由授权管理员执行 songnuan set-back accept，再启动（此见证方须由其操作者重新开始，才会再签）",
            f"this database was set back: {name} has signed {theirs} entries, here are {ours}. Bring back a database"
            " or a backup that has them; where they are lost for good, stop the service, let a registrar run songnuan"
            " set-back accept, and start it again (this witness signs again once its operator lets it begin anew)",
        )


class Forked(Disagrees):
    """A witness has signed a checkpoint of this log that our history does not go on from."""

    def __init__(self, name: str, size: int) -> None:
        super().__init__(
            size,
            "log-forked",
            f"历史分叉：见证方 {name} 在第 {size} 号所签的日志与此数据库不是同一段历史。请查明哪一份为真，换回含有它的数据库"
            "或备份；确以此处为准的，向审计方说明，由此见证方的操作者让它对此日志重新开始，或将其移出 SONGNUAN_WITNESSES",
            f"history has forked: what {name} signed at {size} is not the history of this database. Find out which is"
            " true and bring back a database or a backup of it; where this one is, tell the auditors, and let the"
            " witness's operator have it begin anew with this log, or take it out of SONGNUAN_WITNESSES",
        )


def witness_connections() -> httpx2.Client:
    """Connections to witnesses, which must answer in time."""
    return connections(ANSWER_SECONDS)


class WitnessClient:
    """One witness, at a URL, known by its key."""

    def __init__(self, url: str, key: NoteKey, client: httpx2.Client) -> None:
        self.key = key
        self._url = url.rstrip("/")
        self._client = client
        self._signed = 0

    def cosign(self, connection: psycopg.Connection[Any]) -> SignatureLine | None:
        """Brings the newest checkpoint; None where there is none that the witness has not signed.

        Raises:
            WitnessFailed: it cannot be reached, or refuses.
            SetBack: it knows a later state of this log.
            Forked: it knows another history under this log's name.
        """
        raw = latest_checkpoint(connection)
        if raw is None:
            return None
        note = parse_note(raw)
        size = size_of(raw)
        if size == self._signed:
            return None
        if size < self._signed:
            raise SetBack(self.key.name, self._signed, size)
        line = self._asked(connection, note, size)
        add_cosignatures(connection, size, [line])
        self._signed = size
        return line

    def seen(self, log_keys: Sequence[NoteKey]) -> Checkpoint | None:
        """The last checkpoint of this log that the witness signed, as it shows it; the ledger signed it, too.

        None where it shows none.

        Raises:
            WitnessFailed: it cannot be reached, or what it shows is not under the ledger's key.
        """
        origin_hash = sha256(log_keys[0].name.encode()).hexdigest()
        try:
            answer = self._ask("GET", f"{origin_hash}/checkpoint")
            if answer.status == NOT_SHOWN:
                return None
            check_status(answer)
            return open_checkpoint(answer.content, log_keys)[0]
        except PeerFailed as failed:
            raise self._failed(failed) from failed
        except Refused as refusal:
            raise self._malformed(refusal) from None

    def _asked(self, connection: psycopg.Connection[Any], note: Note, size: int) -> SignatureLine:
        theirs = self._signed
        answer = self._post(connection, note, theirs, size)
        if (told := _size_told(answer)) is not None:
            if told > size:
                raise SetBack(self.key.name, told, size)
            theirs = told
            answer = self._post(connection, note, theirs, size)
            if _size_told(answer) == theirs == size:
                raise Forked(self.key.name, theirs)
        if answer.status == UNPROVED:
            raise Forked(self.key.name, theirs)
        if answer.status != 200:
            said = f"{answer.status} {_text(answer).strip()[:200]}"
            raise WitnessFailed(self.key.name, f"应答为 {said}", f"it answered {said}", STATUS)
        try:
            lines = parse_signature_lines(_text(answer))
            return verified(Note(note.text, lines), [self.key])[0][1]
        except Refused as refusal:
            raise self._malformed(refusal) from None

    def _post(self, connection: psycopg.Connection[Any], note: Note, old_size: int, size: int) -> Answer:
        proof = prove_consistent(connection, old_size, size)
        body = AddCheckpoint(old_size, tuple(proof), note.raw).raw
        try:
            return self._ask("POST", "add-checkpoint", body)
        except PeerFailed as failed:
            raise self._failed(failed) from failed

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        answer = ask(
            self._client,
            method,
            f"{self._url}/{path}",
            seconds=ANSWER_SECONDS,
            most_bytes=LARGEST_ANSWER_BYTES,
            content=body,
        )
        check_no_page(answer)
        return answer

    def _failed(self, failed: PeerFailed) -> WitnessFailed:
        return WitnessFailed(self.key.name, failed.zh, failed.en, failed.code)

    def _malformed(self, refusal: Refused) -> WitnessFailed:
        return WitnessFailed(self.key.name, refusal.message("zh"), refusal.message("en"), CONTENT)


def _text(answer: Answer) -> str:
    return answer.content.decode("utf-8", errors="replace")


def _size_told(answer: Answer) -> int | None:
    """The size that a witness says that it signed last; None where it says no such thing."""
    if answer.status != 409 or not answer.content_type.startswith(SIZE_TYPE):
        return None
    text = _text(answer).strip()
    return int(text) if text.isdecimal() and len(text) < LONGEST_SIZE else 0


def seen_and_lost(
    connection: psycopg.Connection[Any], witnesses: Sequence[tuple[str, NoteKey]], log_keys: Sequence[NoteKey]
) -> list[Checkpoint]:
    """What the witnesses have signed and this database lacks, as far as nobody has owned to it yet.

    Raises:
        WitnessFailed: one cannot be asked; what it has seen is not known.
        Forked: one knows another history.
    """
    lost = []
    with witness_connections() as client:
        for url, key in witnesses:
            witness = WitnessClient(url, key, client)
            try:
                witness.cosign(connection)
            except Disagrees as error:
                if is_owned_to(connection, error.size):
                    continue
                if isinstance(error, Forked):
                    raise
                seen = witness.seen(log_keys)
                if seen is None:
                    raise WitnessFailed(key.name, *_SHOWS_NONE) from error
                lost.append(seen)
    return lost


def disagreement(
    connection: psycopg.Connection[Any], witness: WitnessClient, log_keys: Sequence[NoteKey]
) -> Disagrees | None:
    """What a witness would say against this history, by what it shows; it is not asked to sign.

    Raises:
        WitnessFailed: as :meth:`WitnessClient.seen`.
    """
    seen = witness.seen(log_keys)
    if seen is None or is_owned_to(connection, seen.size):
        return None
    here = head(connection)
    if seen.size > here:
        return SetBack(witness.key.name, seen.size, here)
    try:
        check_not_set_back(connection, seen, here)
    except Misconfigured:
        return Forked(witness.key.name, seen.size)
    return None


class Pausable(Protocol):
    """A writer that can be told to record nothing more."""

    def pause(self, source: str, error: Explained) -> None:
        """Record nothing more, for a reason that ``source`` found."""

    def resume(self, source: str) -> None:
        """Record again."""


def keep_cosigned(
    store: OpenStore, url: str, key: NoteKey, stop: threading.Event, writer: Pausable | None = None
) -> None:
    """Bring each new checkpoint to a witness, until told to stop.

    One that has signed more than this database holds, or another history, pauses the ``writer``:
    nothing is recorded or published until it agrees again, or a registrar has owned to the loss.
    """
    with witness_connections() as client:
        witness = WitnessClient(url, key, client)
        while not stop.is_set():
            try:
                with store.connect() as connection:
                    while not stop.is_set():
                        witness.cosign(connection)
                        if writer is not None:
                            # Whoever asked before this thread began may have paused it.
                            writer.resume(key.name)
                        stop.wait(PAUSE_SECONDS)
            except Disagrees as error:
                _answer(store, key, error, writer)
                stop.wait(AFTER_FAILURE_SECONDS)
            except (SongnuanError, psycopg.Error) as error:
                _log.warning("a witness has not signed", witness=key.name, error=error)
                stop.wait(AFTER_FAILURE_SECONDS)


def _answer(store: OpenStore, key: NoteKey, error: Disagrees, writer: Pausable | None) -> None:
    """Pause the writer for a witness that disagrees, unless what it has seen was owned to as lost."""
    try:
        with store.connect() as connection:
            owned_to = is_owned_to(connection, error.size)
    except (SongnuanError, psycopg.Error):
        owned_to = False
    if owned_to:
        _log.warning(
            "a witness has seen what was lost, and does not sign", witness=key.name, position=error.size
        )
    else:
        _log.error("a witness knows another history than ours", witness=key.name, error=error)
    if writer is None:
        return
    if owned_to:
        writer.resume(key.name)
    else:
        writer.pause(key.name, error)
