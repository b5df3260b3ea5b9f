"""The operational log: it tells what happened, and nothing of what anybody told the service."""

from __future__ import annotations

import ast
import errno
import io
import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
import structlog
from fastapi.testclient import TestClient
from openpyxl import Workbook

from api.app import create_app
from api.service.operational_log import FIELDS, MASKED, configure, described, masked
from api.service.settings import Settings
from api.statements.submissions import write_submission
from ledger.events.dossier import DossierFiled, Facts
from ledger.events.nomination import Nominated
from ledger.identity.documents import PersonIdentity
from ledger.storage.store import OpenStore
from ledger.writing.signing import committed
from tests.founding import Founded
from tests.http.serving import ORIGIN, Officer, service
from tests.test_habits import SOURCES

NUMBER = "350602197001011239"


class Log:
    """What was written, line by line."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.stream.getvalue().splitlines()]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]


@pytest.fixture
def log() -> Iterator[Log]:
    """The log of this process, at its most talkative, until the test ends."""
    root = logging.getLogger()
    before = root.handlers, root.level, structlog.get_config()
    log = Log()
    configure("debug", "json", log.stream)
    yield log
    root.handlers, root.level = before[0], before[1]
    structlog.configure(**before[2])


class Filling(io.StringIO):
    """A stream whose disk may be full."""

    full = False

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


def test_a_line_that_cannot_be_written_ends_nothing_and_is_counted(log: Log) -> None:
    configure("debug", "json", stream := Filling())
    ours, theirs = structlog.get_logger("x"), logging.getLogger("another")
    ours.info("before")
    stream.full = True
    try:
        raise KeyError("x")
    except KeyError:
        ours.critical("lost", exc_info=True)
    theirs.error("lost too")
    stream.full = False
    ours.info("after")
    ours.info("later")
    told = [orjson.loads(line) for line in stream.getvalue().splitlines() if line]
    assert [(line["event"], line.get("lines_lost")) for line in told] == [
        ("before", None),
        ("after", 2),
        ("later", None),
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_disk_that_stays_full_and_a_stream_that_was_closed_end_nothing(log: Log) -> None:
    stream = Path("/dev/full").open("w")  # noqa: SIM115 # it is closed halfway
    configure("debug", "console", stream)
    for _ in range(3):
        structlog.get_logger("x").info("lost")
    with suppress(OSError):
        stream.close()
    structlog.get_logger("x").info("lost")


def test_only_declared_fields_in_their_form_are_written(log: Log) -> None:
    logger = structlog.get_logger("x")
    logger.info("it happened", route="/cases/{case_id}", number=NUMBER, name="张三", code=NUMBER, status=200)
    (line,) = log.lines
    assert (line["route"], line["status"], line["level"]) == ("/cases/{case_id}", 200, "info")
    assert (line["number"], line["name"], line["code"]) == (MASKED, MASKED, MASKED)


def test_an_exception_is_told_by_type_and_places(log: Log) -> None:
    logger = structlog.get_logger("x")
    try:
        try:
            int(f"{NUMBER}x")
        except ValueError as error:
            raise RuntimeError(NUMBER) from error
    except RuntimeError:
        logger.exception("it failed")
    (line,) = log.lines
    assert line["error"]["type"] == "builtins.RuntimeError"
    assert "tests/http/test_operational_log.py" in line["error"]["at"][0]
    assert line["error"]["cause"]["type"] == "builtins.ValueError"
    assert NUMBER not in log.stream.getvalue()


def test_a_text_instead_of_an_exception_is_masked(log: Log) -> None:
    structlog.get_logger("x").warning("it failed", error=f"no {NUMBER}")
    assert log.lines[0]["error"] == MASKED


def test_the_databases_state_is_told_but_no_rows(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        with pytest.raises(psycopg.Error) as caught:
            connection.execute("SELECT %s::uuid", (NUMBER,))
        assert described(caught.value)["sqlstate"] == "22P02"
        assert "problem" not in described(caught.value)
        connection.execute("SET statement_timeout = '10ms'")
        with pytest.raises(psycopg.Error) as caught:
            connection.execute("SELECT pg_sleep(5)")
        assert "timeout" in described(caught.value)["problem"]


def test_other_libraries_lines_have_no_arguments(log: Log) -> None:
    logging.getLogger("some.library").warning("lost %s", NUMBER)
    logging.getLogger("some.library").warning(f"lost {NUMBER}")  # what a library might do
    assert [line["event"] for line in log.lines] == ["lost %s", MASKED]


def test_every_line_of_ours_has_a_fixed_text() -> None:
    """A line's text is a literal: what varies goes into declared fields."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="_log"), attr=level), args=[*before, text]
                ) if level != "bind":
                    # What repeats a step logs it in the words of whoever has it repeated, which are literals there.
                    is_passed_on = path.name == "supervision.py" and ast.unparse(text) == "failure"
                    assert isinstance(text, ast.Constant) or is_passed_on, f"{path}:{node.lineno}"
                    assert len(before) == (level == "log"), f"{path}:{node.lineno}"


def test_every_field_of_our_lines_is_declared_and_an_error_is_the_error_itself() -> None:
    """What is not declared is masked, and so is an error's text: who reads the log would learn nothing."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                match node.func.value:
                    case ast.Name(id="_log"):
                        given = {each.arg: each.value for each in node.keywords if each.arg is not None}
                        undeclared = given.keys() - FIELDS.keys() - {"error", "exc_info"}
                        assert not undeclared, f"{path}:{node.lineno} {undeclared}"
                        assert not isinstance(given.get("error"), ast.Call), f"{path}:{node.lineno}"


def test_the_name_of_a_wal_file_is_told() -> None:
    assert masked("segment", "000000010000000000000005.partial") == "000000010000000000000005.partial"
    assert masked("segment", "350623199001011234") == MASKED


def test_no_503_quotes_an_error() -> None:
    """What is unavailable is told in its code's words: no SQL, no host and no file name reaches anyone."""
    for path in SOURCES:
        if path.name == "failures.py" and path.parent.name == "service":
            continue  # an administrator's, on the command line
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Unavailable":
                assert not quoted_errors(node), f"{path}:{node.lineno}"


def quoted_errors(call: ast.Call) -> set[str]:
    """The errors whose text a call takes into its own; a type's name and a typed error's words are none."""
    named = {id(each): each.id for each in ast.walk(call) if isinstance(each, ast.Name)}
    for each in ast.walk(call):
        match each:
            case ast.Call(func=ast.Name(id="type"), args=[ast.Name() as error]):
                named.pop(id(error), None)
            case ast.Attribute(value=ast.Name() as error, attr="code" | "zh" | "en"):
                named.pop(id(error), None)
    return set(named.values()) & {"error", "exc", "exception", "problem"}


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ('Unavailable("a", "甲", f"lost: {error}")', {"error"}),
        ('Unavailable("a", "甲", str(error))', {"error"}),
        ('Unavailable("a", "甲", f"lost: {type(error).__name__}")', set()),
        ("Unavailable(error.code, error.zh, error.en)", set()),
    ],
)
def test_what_counts_as_quoting_an_error(text: str, quotes: set[str]) -> None:
    (call,) = (each for each in ast.walk(ast.parse(text, mode="eval").body) if _is_unavailable(each))
    assert isinstance(call, ast.Call)
    assert quoted_errors(call) == quotes


def _is_unavailable(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Unavailable"


def test_the_start_a_sign_in_and_a_refusal_are_told(log: Log, founded: Founded, tmp_path: Path) -> None:
    with service(founded, tmp_path) as client:
        officer = Officer(client, founded, "auditor").sign_in()
        answer = client.get("/flags")
        client.post("/statements", content=b"{}", headers={"x-request-id": "f" * 32})
        client.delete(
            "/session",
            headers={"cookie": f"songnuan_session={officer.cookie}", "x-csrf-token": officer.csrf},
        )
    (start,) = log.named("the service starts")
    assert start["ledger"] == founded.ledger
    assert start["schema"] > 0
    assert re.fullmatch(r"\d+\.\d+.*", start["version"])
    (signed_in,) = log.named("an officer signed in")
    assert (signed_in["officer"], signed_in["address"]) == ("auditor", "testclient")
    assert log.named("an officer signed out")
    refused, malformed = log.named("a request was refused")
    assert (refused["status"], refused["code"], refused["route"]) == (401, "not-signed-in", "/flags")
    assert refused["request_id"] == answer.headers["x-request-id"] == answer.json()["request_id"]
    # A proxy's id is told beside ours, never instead of it.
    assert malformed["upstream_request_id"] == "f" * 32
    assert malformed["request_id"] != "f" * 32
    assert log.named("the service has stopped")


def test_what_fails_is_answered_with_an_id_and_told_with_its_places(
    log: Log, founded: Founded, tmp_path: Path
) -> None:
    app = create_app(Settings(database_url=founded.store.url, data_dir=tmp_path / "data"))

    @app.get("/broken")
    def broken() -> None:
        raise KeyError(NUMBER)

    with TestClient(app, base_url=ORIGIN) as client:
        answer = client.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-security-policy"]
    (line,) = log.named("a request failed")
    assert line["request_id"] == answer.json()["request_id"]
    assert line["error"]["type"] == "builtins.KeyError"
    assert NUMBER not in log.stream.getvalue() + answer.text


def test_a_whole_story_leaves_no_identity_and_no_secret_in_the_log(
    log: Log, founded: Founded, tmp_path: Path
) -> None:
    people = [founded.people.person() for _ in range(4)]
    secrets: set[str] = set()
    with service(founded, tmp_path) as client:
        officers = {
            name: Officer(client, founded, name).sign_in() for name in ("tea-clerk", "auditor", "finance")
        }
        secrets |= {each for officer in officers.values() for each in (officer.cookie, officer.csrf)}
        clerk = officers["tea-clerk"]
        for person in people[:3]:
            dossier = _filed(client, founded, person)
            clerk.post(Nominated(campaign="b2026", unit="tea", dossier=dossier, category="worker"))
        _refused(client, founded, people)
        _uploaded(client, clerk, people)
        _asked(client, officers["auditor"], people)
    written = log.stream.getvalue()
    assert len(log.lines) > 10
    for person in people:
        secrets |= {
            str(value) for name, value in person.model_dump(exclude_none=True).items() if name != "kind"
        }
    for file in (tmp_path / "data" / "secrets").rglob("*"):
        if file.is_file():
            raw = file.read_bytes().strip()
            secrets |= {raw.hex(), raw.decode(errors="ignore")}
    for secret in secrets - {""}:
        assert secret not in written, secret
        assert orjson.dumps(secret).decode().strip('"') not in written


def _filed(client: TestClient, founded: Founded, person: PersonIdentity) -> str:
    promise, disclosure = committed(person)
    event = DossierFiled(unit="tea", identity_commitment=promise, facts=Facts(cause="illness"))
    sent = orjson.dumps(write_submission(founded.sign("tea-clerk", event, disclosure)))
    answer = client.post("/statements", content=sent)
    assert answer.status_code == 201
    statement: str = answer.json()["id"]
    return statement


def _refused(client: TestClient, founded: Founded, people: list[PersonIdentity]) -> None:
    """Statements that are refused, each with somebody's identity beside or in it."""
    person = people[3]
    promise, disclosure = committed(person)
    event = DossierFiled(unit="tea", identity_commitment=promise, facts=Facts())
    submission = write_submission(founded.sign("finance", event, disclosure))
    assert client.post("/statements", content=orjson.dumps(submission)).status_code == 422
    submission["disclosure"]["identity"]["number"] = person.number[:-1] + "?"
    assert client.post("/statements", content=orjson.dumps(submission)).status_code in (400, 422)
    lines = b"\n".join([orjson.dumps(submission), orjson.dumps({"envelope": {"payload": person.number}})])
    many = client.post("/statements", content=lines, headers={"content-type": "application/x-ndjson"})
    assert many.status_code == 200
    assert (
        client.post("/statements", content=f'{{"{person.number}": "{person.name}"'.encode()).status_code
        == 400
    )


def _uploaded(client: TestClient, clerk: Officer, people: list[PersonIdentity]) -> None:
    """A roster with good and bad lines, and a file that is none."""
    headers = {"cookie": f"songnuan_session={clerk.cookie}", "x-csrf-token": clerk.csrf}
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["姓名", "身份证号", "类别", "慰问金", "手机号"])
    for person in people:
        sheet.append([person.name, person.number, "困难职工", 500, person.phone])
    sheet.append([people[0].name, people[0].number[:-1] + "?", "困难职工", 500, people[0].phone])
    raw = io.BytesIO()
    workbook.save(raw)
    where = {"campaign": "b2026", "unit": "tea"}
    read = client.post(
        "/rosters/read",
        params={**where, "name": f"{people[0].name}.xlsx"},
        content=raw.getvalue(),
        headers=headers,
    )
    assert read.status_code == 200, read.text
    broken = client.post(
        "/rosters/read",
        params={**where, "name": f"{people[0].number}.xlsx"},
        content=people[0].number.encode(),
        headers=headers,
    )
    assert broken.status_code == 422


def _asked(client: TestClient, auditor: Officer, people: list[PersonIdentity]) -> None:
    """Questions with somebody's name or number in their path and parameters."""
    headers = {"cookie": f"songnuan_session={auditor.cookie}"}
    for person in people:
        for path in (
            f"/dossiers/{person.number}",
            f"/{person.name}",
            f"/flags?unit={person.name}&limit={person.number}",
        ):
            assert client.get(path, headers=headers).status_code >= 400
        client.get("/flags", params={"as_of": person.number}, headers=headers)
        client.get("/flags", headers={"cookie": f"songnuan_session={person.number}"})


def test_that_it_has_stopped_is_told_once_its_store_is_closed(
    founded: Founded, tmp_path: Path, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[dict[str, Any]]] = []
    closed = OpenStore.__exit__

    def closing(self: OpenStore, *error: object) -> None:
        closed(self, *error)
        told.append(log.named("the service has stopped"))

    monkeypatch.setattr(OpenStore, "__exit__", closing)
    settings = Settings(database_url=founded.store.url, data_dir=founded.store.folder)
    with TestClient(create_app(settings), base_url=ORIGIN):
        pass
    assert told == [[]]
    assert len(log.named("the service has stopped")) == 1
