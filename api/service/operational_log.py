"""The operational log (运行日志): what happened to the service, never what people told it.

Masked by construction: a line holds only fields declared here, each with the form its values have;
what is not declared, or not in its form, is replaced before anything is written. An exception is told
by its type, its stable code and the places it went through, not by its text, which may quote a value.
Lines of other libraries pass through the same processor, with their templates and without arguments.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Literal, TextIO, cast

import orjson
import psycopg
import structlog

from api.service.log_stream import LogStream
from ledger.errors import SongnuanError

MASKED = "‹masked›"
Format = Literal["console", "json"]

_ROOT = Path(__file__).resolve().parents[2]
_FORMS = {
    "word": re.compile(r"[A-Za-z0-9_.:/|*-]{1,160}"),
    "path": re.compile(r"/[^\0\n]{0,400}"),
    "address": re.compile(r"[0-9A-Fa-f.:]{2,45}|unix|testclient"),
    "host": re.compile(r"[A-Za-z0-9_.:/\[\]-]{1,260}"),
    "text": re.compile(r"[^\n]{0,400}"),
    "segment": re.compile(r"[0-9A-F]{24}(?:\.partial)?"),
}
FIELDS: Mapping[str, str] = {
    # The service.
    "version": "word",
    "schema": "number",
    "database": "host",
    "url": "host",
    "ledger": "word",
    "host": "host",
    "port": "number",
    "pid": "number",
    "seconds": "number",
    "folder": "path",
    "object": "path",
    "signal": "word",
    "variable": "word",
    "nearest": "word",
    # A request.
    "request_id": "word",
    "upstream_request_id": "word",
    "method": "word",
    "route": "path",
    "status": "number",
    "address": "address",
    "officer": "word",
    "key": "hexadecimal",
    "code": "word",
    "codes": "counts",
    "limit": "word",
    "bytes": "number",
    "connections": "number",
    "lines": "number",
    "left_out": "number",
    "views": "words",
    "number": "word",
    "statement": "word",
    # Work beside it.
    "work": "word",
    "campaign": "word",
    "through": "number",
    "pairs": "number",
    "view": "word",
    "position": "number",
    "behind": "number",
    "exit_code": "number",
    "attempt": "number",
    "witness": "host",
    "followed": "word",
    "authority": "host",
    "causes": "words",
    "sqlstate": "word",
    "peer": "number",
    "part": "word",
    "epoch": "number",
    "before": "number",
    "segment": "segment",
    "base": "word",
    "logger": "word",
    # The log itself.
    "lines_lost": "number",
}
"""The fields that a line may have, each with the form of its values."""

_HEXADECIMAL = re.compile(r"[0-9a-f]{1,128}")
_LONG_NUMBER = re.compile(r"\d{9,}")


def masked(name: str, value: Any) -> Any:
    """A field's value as it may be written: itself in its declared form, else ``‹masked›``."""
    form = FIELDS.get(name)
    if value is None and form is not None:
        return None
    if form == "number":
        return value if isinstance(value, int | float) else MASKED
    if form == "counts":
        sound = isinstance(value, Mapping) and all(
            _sound("word", code) and isinstance(count, int) for code, count in value.items()
        )
        return dict(value) if sound else MASKED
    if form == "words":
        sound = isinstance(value, list | tuple) and all(_sound("word", each) for each in value)
        return list(value) if sound else MASKED
    if form == "hexadecimal":
        return value if isinstance(value, str) and _HEXADECIMAL.fullmatch(value) else MASKED
    return value if form is not None and _sound(form, value) else MASKED


def _sound(form: str, value: Any) -> bool:
    return (
        isinstance(value, str)
        and _FORMS[form].fullmatch(value) is not None
        and not (form in ("word", "path", "text") and _LONG_NUMBER.search(value) and not _is_id(value))
    )


def _is_id(value: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value) is not None


def described(error: BaseException) -> dict[str, Any]:
    """An exception without its text: type, code, SQLSTATE, the places, and what caused it."""
    found: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    if isinstance(error, SongnuanError):
        found["code"] = error.code
    if isinstance(error, psycopg.Error):
        found["sqlstate"] = error.sqlstate
        if error.sqlstate is None or error.sqlstate[:2] in ("08", "53", "57", "58"):
            # The server's state and the way to it; no statement's values.
            found["problem"] = _LONG_NUMBER.sub("#", str(error).splitlines()[0]) if str(error) else ""
        if error.diag.constraint_name:
            found["constraint"] = error.diag.constraint_name
    if isinstance(error, OSError) and error.strerror:
        found["problem"] = error.strerror
    frames = traceback.extract_tb(error.__traceback__)
    if frames:
        found["at"] = [f"{_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames[-24:]]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and cause is not error:
        found["cause"] = described(cause)
    return found


def _place(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(_ROOT)) if path.is_relative_to(_ROOT) else "/".join(path.parts[-2:])


_ALWAYS = ("event", "level", "timestamp")


def only_declared(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The processor that lets only declared fields through (structlog)."""
    line.pop("_record", None)
    line.pop("_from_structlog", None)
    error = line.pop("exc_info", None) or line.pop("error", None)
    line.pop("error", None)
    if isinstance(error, tuple):
        error = error[1]
    elif error is True:
        error = sys.exc_info()[1]
    written = {name: line[name] for name in _ALWAYS if name in line}
    written |= {name: masked(name, value) for name, value in line.items() if name not in _ALWAYS}
    if error is not None:
        written["error"] = described(error) if isinstance(error, BaseException) else MASKED
    return written


def _template_only(logger: Any, name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Another library's line: its template, and no argument."""
    record: logging.LogRecord = line["_record"]
    template = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
    # A template that was filled before it came here is no template.
    sound = template.isascii() and not _LONG_NUMBER.search(template)
    line["event"] = template.splitlines()[0][:200] if sound and template else MASKED
    line["logger"] = record.name
    line["level"] = record.levelname.lower()
    if record.exc_info:
        line["exc_info"] = record.exc_info
    return line


def configure(level: str, form: Format, stream: TextIO | None = None) -> None:
    """Sets up the log of this process, for our own lines and for those of other libraries."""
    own = sys.stderr if stream is None else stream
    target = LogStream(own)

    def tell_lost(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if target.lost:
            line["lines_lost"] = target.lost
        return line

    number = logging.getLevelNamesMapping()[level.upper()]
    renderer: Any = (
        structlog.processors.JSONRenderer(serializer=lambda line, **_: orjson.dumps(line).decode())
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=own.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            tell_lost,
            only_declared,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, target)),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                _template_only,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                only_declared,
                renderer,
            ]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    # What other libraries do is told where it goes wrong.
    root.setLevel(max(number, logging.WARNING))
    logging.captureWarnings(False)
