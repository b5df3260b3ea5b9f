"""Commands that send to a running service: signed in by a key, errors told as the command's own."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from api.cli import build
from api.cli.exit_codes import Misused
from api.cli.saved_sessions import saved
from api.cli.server import NotSignedIn, error_of
from api.cli.server_option import server_address, take_server
from api.statements.submissions import write_submission
from ledger.crypto.keys import save_key
from ledger.errors import Explained, Refused, SongnuanError, Unavailable
from ledger.events.funds import FundAllocated
from tests.founding import Founded
from tests.http.serving import served

Run = Callable[..., Result]


@pytest.fixture
def run(founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The command as its main function calls it, away from the ledger's folder."""
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    save_key(founded.key("finance"), Path("finance.pem"), "")

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(build(), take_server(["songnuan", *arguments])[1:])

    yield invoke
    take_server(["songnuan"])


def said(result: Result) -> SongnuanError:
    assert isinstance(result.exception, SongnuanError), (result.output, result.exception)
    return result.exception


def test_a_session_is_kept_and_what_is_signed_is_sent(founded: Founded, run: Run, tmp_path: Path) -> None:
    allocate = ("fund", "allocate", "b2026", "--line", "workers", "--key", "finance.pem", "--amount")
    lines = [
        founded.sign(officer, FundAllocated(campaign="b2026", line="workers", amount_fen=100))
        for officer in ("finance", "tea-clerk")
    ]
    Path("two.ndjson").write_bytes(b"".join(orjson.dumps(write_submission(each)) + b"\n" for each in lines))
    with founded.store.writer() as writer:
        cases = [founded.nominated(writer)[0] for _ in range(3)]
    with served(founded, tmp_path) as url:
        at = ("--server", url)
        # What is signed already needs no session; each line has its own answer.
        done = run("submit", "two.ndjson", *at)
        assert done.exit_code == 5, done.output
        assert "第 " in done.output
        assert "签署件编号 " in done.output
        assert "role-not-held" in done.output
        assert run("submit", "two.ndjson", "--json", *at).exit_code == 5
        assert isinstance(run(*allocate, "1", *at).exception, NotSignedIn)
        done = run("sign-in", "--key", "finance.pem", *at)
        assert done.exit_code == 0, done.exception
        session = saved(url)
        assert session is not None
        assert (session.officer, session.ledger) == ("finance", founded.ledger)
        [kept] = (tmp_path / "state" / "songnuan").glob("session-*")
        assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        receipt = json.loads(run(*allocate, "10", "--json", *at).stdout)
        assert receipt["position"] > 0
        assert not receipt["repeated"]
        refused = run(
            "fund", "allocate", "nowhere", "--line", "workers", "--key", "finance.pem", "--amount", "1", *at
        )
        assert isinstance(said(refused), Refused)
        assert said(refused).code == "reference-unknown"
        assert isinstance(run("rebuild", *at).exception, Misused)
        save_key(founded.key("tea-confirmer"), Path("confirmer.pem"), "")
        own = ("--key", "confirmer.pem")
        assert run("sign-in", *own, *at).exit_code == 0
        confirm = ("confirm", "--campaign", "b2026", "--except", cases[2], "--accept", *own, *at)
        done = run(*confirm)
        assert "已登记 2 条" in done.output, done.exception
        assert "将签署：确认 2 条" in done.output
        # What was recorded a moment ago is seen by what is asked next.
        assert isinstance(
            run("confirm", "--campaign", "b2026", "--except", cases[2], *own, *at).exception, Misused
        )
        notice = ("--start", "2026-01-05", "--end", "2026-01-12", "--place", "门口", "--dry-run", "--json")
        planned = json.loads(run("notice", "--campaign", "b2026", *notice, *own, *at).stdout)
        assert planned["bodies"][0]["cases"] == cases[:2]
        assert run("sign-out", *at).exit_code == 0
        assert saved(url) is None
        assert run("sign-out", *at).exit_code == 0


def test_a_service_that_is_not_there_is_no_traceback_and_nothing_is_lost(
    founded: Founded, run: Run, tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    line = founded.sign("finance", FundAllocated(campaign="b2026", line="workers", amount_fen=100))
    Path("one.ndjson").write_bytes(orjson.dumps(write_submission(line)))
    for arguments in (("sign-in", "--key", "finance.pem"), ("submit", "one.ndjson")):
        failed = said(run(*arguments, "--server", url))
        assert isinstance(failed, Unavailable)
        assert failed.code == "peer-unreachable"
        assert url in failed.message("zh")
    [kept] = (tmp_path / "state" / "songnuan").glob("unsent-*")
    assert kept.name in failed.message("zh")
    assert orjson.loads(kept.read_bytes()) == write_submission(line)
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "address",
    ["", "ledger.example", "ftp://ledger.example", "http://ledger.example", "https://a@b", "http://[::1"],
)
def test_an_address_that_is_none_or_would_send_in_the_clear(address: str) -> None:
    with pytest.raises(Misused):
        server_address(address)


def test_an_address_of_a_service() -> None:
    assert server_address("https://ledger.example/") == "https://ledger.example"
    assert server_address("http://localhost:8700") == "http://localhost:8700"


def test_a_problem_that_this_release_does_not_know_is_told_in_the_services_words() -> None:
    told = error_of(
        {"code": "of-tomorrow", "title": "明日的规则", "detail": "tomorrow's rule", "status": 422}
    )
    assert isinstance(told, Explained)
    assert (told.code, told.message("zh")) == ("of-tomorrow", "明日的规则")
    busy = error_of({"code": "database-busy", "title": "忙", "detail": "busy", "status": 503})
    assert isinstance(busy, Unavailable)
