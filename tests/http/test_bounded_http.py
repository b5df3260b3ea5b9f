"""Asking another server that is slow, broken or evil: an end in time and bytes, and a code for each fault."""

from __future__ import annotations

import ssl
import subprocess
import time
from pathlib import Path

import pytest

from api.log import cosigning
from api.log.cosigning import WitnessClient, WitnessFailed
from api.log.timestamping import AuthorityFailed, stamp
from api.operating.service_checks import check_service
from ledger.bounded_http import ask, check_no_page, check_status, connections
from ledger.peer_faults import PeerFailed
from tests.evil_peer import BOMB, EVIL, OK, answering, at_once, dripping
from tests.founding import Founded

SECONDS = 1.0
MOST_BYTES = 10_000


def asked(url: str) -> bytes:
    with connections(SECONDS) as client:
        answer = ask(client, "GET", url, seconds=SECONDS, most_bytes=MOST_BYTES)
    check_status(answer)
    check_no_page(answer)
    return answer.content


def code_of(url: str) -> str:
    started = time.monotonic()
    with pytest.raises(PeerFailed) as failed:
        asked(url)
    assert time.monotonic() - started < SECONDS + 10
    return failed.value.code


@pytest.mark.parametrize("name", EVIL)
def test_each_fault_has_its_code_and_ends(name: str) -> None:
    says, code = EVIL[name]
    with answering(says) as url:
        assert code_of(url) == code


def test_what_is_well_is_taken_and_nothing_is_unpacked() -> None:
    with answering(at_once(OK)) as url:
        assert asked(url) == b"ok"
    with answering(at_once(BOMB)) as url:
        assert asked(url) == b"abcd"


def test_where_nobody_is_or_the_address_is_none_it_is_said() -> None:
    for url in ("http://127.0.0.1:9", "http://no-such-host.invalid", "ftp://127.0.0.1"):
        assert code_of(url) == "peer-unreachable"


def test_a_certificate_that_is_not_trusted_and_a_handshake_that_does_not_end(tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other.example",
         "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with answering(at_once(OK), tls) as url, pytest.raises(PeerFailed) as failed:
        asked(url)
    assert (failed.value.code, "certificate" in failed.value.en) == ("peer-untrusted", True)
    with answering(dripping(b"\x16\x03\x03\x40\x00")) as url:
        assert code_of(url.replace("http:", "https:")) == "peer-too-slow"


class TestClients:
    """Each of them asks in this way."""

    @pytest.fixture(autouse=True)
    def _impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module, name in (
            ("api.log.cosigning", "ANSWER_SECONDS"),
            ("api.log.timestamping", "ANSWER_SECONDS"),
            ("api.operating.doctor", "CONNECT_SECONDS"),
        ):
            monkeypatch.setattr(f"{module}.{name}", SECONDS)
        monkeypatch.setattr("api.log.cosigning.LARGEST_ANSWER_BYTES", MOST_BYTES)

    @pytest.mark.parametrize("name", EVIL)
    def test_a_witness(self, founded: Founded, name: str) -> None:
        says, code = EVIL[name]
        key = founded.store.log_keys()[0]
        with (
            answering(says) as url,
            founded.store.connect() as connection,
            cosigning.witness_connections() as client,
            pytest.raises(WitnessFailed) as failed,
        ):
            WitnessClient(url, key, client).cosign(connection)
        assert (failed.value.code, failed.value.reason) == ("witness-failed", code)
        assert code in failed.value.zh
        with answering(says) as url, cosigning.witness_connections() as client:
            with pytest.raises(WitnessFailed) as failed:
                WitnessClient(url, key, client).seen(founded.store.log_keys())
            assert failed.value.reason == code

    @pytest.mark.parametrize("name", EVIL)
    def test_an_authority_for_timestamps(self, founded: Founded, name: str) -> None:
        says, code = EVIL[name]
        with (
            answering(says) as url,
            founded.store.connect() as connection,
            pytest.raises(AuthorityFailed) as failed,
        ):
            stamp(connection, url, [])
        assert (failed.value.code, failed.value.reason) == ("timestamp-failed", code)

    @pytest.mark.parametrize("name", ["silent", "a head that drips", "a body without end", "a redirect"])
    def test_the_doctors_look_from_outside(self, name: str) -> None:
        says, code = EVIL[name]
        with answering(says) as url:
            (line,) = check_service(url)
        assert line.level == "fail"
        assert code in line.said[1]
