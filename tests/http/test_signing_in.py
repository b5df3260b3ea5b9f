"""Signing in: at the ledger's own pages alone, not too often, and right behind a proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from limits import RateLimitItemPerMinute
from starlette.datastructures import Headers

from api.app import create_app
from api.service.origins import check_origin, normal_origin
from api.service.proxies import ForwardedHeader, address_group, find_client, parse_networks
from api.service.rate_limit import (
    FAILED_BY_ADDRESS,
    FAILED_BY_KEY,
    OPEN_BY_ADDRESS,
    BoundedMemory,
    RateLimiter,
)
from api.service.sessions import SESSION_TYPE
from api.service.settings import Settings
from ledger.crypto.keys import key_id_of
from ledger.errors import Misconfigured, Refused
from ledger.statements.statement import canonical_plain, pae
from tests.founding import Founded
from tests.http.serving import ORIGIN

PROXY = "10.0.0.9"
TRUSTED = parse_networks([PROXY, "10.1.0.0/16", "fd00::/8"])


class Browser:
    """One that signs in with an officer's key, at whatever origin, from behind the proxy or not."""

    def __init__(self, client: TestClient, founded: Founded, name: str = "auditor") -> None:
        self._client = client
        self._key = founded.signer(name).key

    def sign_in(self, origin: str = ORIGIN, *, spoiled: bool = False, **headers: str) -> Any:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        challenge = self._client.post("/session/challenge", headers=headers).json()
        if "challenge" not in challenge:
            return challenge
        said = {"challenge": challenge["challenge"], "ledger": challenge["ledger"], "origin": origin}
        signature = self._key.sign(pae(SESSION_TYPE, canonical_plain(said)))
        if spoiled:
            signature = signature[:31] + bytes([signature[31] ^ 1]) + signature[32:]
        answer = self._client.post(
            "/session",
            json={
                "key": key_id_of(self._key),
                "challenge": challenge["challenge"],
                "origin": origin,
                "signature": signature.hex(),
            },
            headers=headers,
        )
        self._client.cookies.clear()
        return {"status": answer.status_code, "headers": answer.headers, **answer.json()}


def serve(founded: Founded, folder: Path, peer: str, **settings: Any) -> TestClient:
    app = create_app(Settings(database_url=founded.store.url, data_dir=folder / "data", **settings))
    return TestClient(app, base_url=ORIGIN, client=(peer, 4711))


@pytest.fixture
def client(founded: Founded, tmp_path: Path) -> Iterator[TestClient]:
    with serve(founded, tmp_path, "192.0.2.1") as client:
        yield client


@pytest.fixture
def behind(founded: Founded, tmp_path: Path) -> Iterator[TestClient]:
    """The service behind a proxy that it trusts, at a public name."""
    with serve(
        founded, tmp_path, PROXY, origins=["https://ledger.example"], trusted_proxies=[PROXY]
    ) as client:
        yield client


class TestOrigins:
    def test_a_challenge_signed_for_another_origin_opens_nothing(
        self, client: TestClient, founded: Founded
    ) -> None:
        refused = Browser(client, founded).sign_in("https://evil.example")
        assert (refused["status"], refused["code"]) == (403, "origin-not-allowed")
        assert refused["details"] == {
            "expected": "http://127.0.0.1:8700, http://localhost:8700, http://[::1]:8700",
            "found": "https://evil.example",
        }

    @pytest.mark.parametrize("origin", [ORIGIN, "http://localhost:8700", "http://[::1]:8700"])
    def test_by_default_it_is_the_loopback_address_of_the_port_served(
        self, client: TestClient, founded: Founded, origin: str
    ) -> None:
        assert Browser(client, founded).sign_in(origin)["status"] == 201

    @pytest.mark.parametrize(
        "origin", ["http://127.0.0.1:8701", "https://127.0.0.1:8700", "http://127.0.0.1"]
    )
    def test_another_port_or_scheme_is_another_origin(
        self, client: TestClient, founded: Founded, origin: str
    ) -> None:
        assert Browser(client, founded).sign_in(origin)["code"] == "origin-not-allowed"

    def test_what_is_configured_stands_instead(self, behind: TestClient, founded: Founded) -> None:
        browser = Browser(behind, founded)
        signed_in = browser.sign_in("https://ledger.example")
        assert signed_in["status"] == 201
        assert "Secure" in signed_in["headers"]["set-cookie"]
        assert browser.sign_in(ORIGIN)["code"] == "origin-not-allowed"

    def test_a_forwarded_host_is_no_origin_of_the_ledger(self, behind: TestClient, founded: Founded) -> None:
        refused = Browser(behind, founded).sign_in(
            "https://evil.example", x_forwarded_host="evil.example", x_forwarded_proto="https"
        )
        assert refused["code"] == "origin-not-allowed"

    def test_an_origin_has_one_form(self) -> None:
        assert normal_origin("HTTPS://Ledger.Example:443") == "https://ledger.example"
        assert normal_origin("http://[0:0::1]:8700") == "http://[::1]:8700"
        assert check_origin("https://LEDGER.example:443", ["https://ledger.example"], 1) == (
            "https://ledger.example"
        )

    @pytest.mark.parametrize(
        "text",
        ["ledger.example", "ftp://ledger.example", "https://a.example/", "https://u@a.example", "https://"],
    )
    def test_what_is_no_origin_is_no_setting(self, text: str) -> None:
        with pytest.raises(Misconfigured, match="expected origins like"):
            Settings(origins=[text])

    def test_the_environment_names_several_with_commas(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SONGNUAN_ORIGINS", "https://a.example, https://b.example:8443")
        monkeypatch.setenv("SONGNUAN_TRUSTED_PROXIES", "127.0.0.1,fd00::/8")
        assert Settings().origins == ["https://a.example", "https://b.example:8443"]
        assert Settings().trusted_proxies == ["127.0.0.1", "fd00::/8"]
        monkeypatch.setenv("SONGNUAN_TRUSTED_PROXIES", "the proxy")
        with pytest.raises(Misconfigured, match="expected addresses or networks"):
            Settings()


def seen(peer: str, **headers: str) -> str:
    named = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    header: ForwardedHeader = "forwarded" if "forwarded" in named else "x-forwarded-for"
    return find_client(peer, named, TRUSTED, header).address


class TestProxies:
    @pytest.mark.parametrize(
        ("peer", "forwarded", "client"),
        [
            ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # made up: no trusted proxy says it
            (PROXY, "198.51.100.7", "198.51.100.7"),
            (PROXY, "1.1.1.1, 198.51.100.7", "198.51.100.7"),  # the left part is the client's own
            (PROXY, "198.51.100.7, 10.1.2.3", "198.51.100.7"),  # through two of ours
            (PROXY, "10.1.0.1, 10.1.2.3", "10.1.0.1"),  # from within
            (PROXY, "2001:db8::7", "2001:db8::7"),
            (PROXY, "[2001:db8::7]:443", "2001:db8::7"),
            (PROXY, "198.51.100.7:5050", "198.51.100.7"),
            (PROXY, "::ffff:198.51.100.7", "198.51.100.7"),
            (PROXY, "unknown", PROXY),
            (PROXY, "198.51.100.7, ???", PROXY),
            (PROXY, "", PROXY),
            ("::ffff:10.0.0.9", "198.51.100.7", "198.51.100.7"),
        ],
    )
    def test_a_list_is_read_from_the_right(self, peer: str, forwarded: str, client: str) -> None:
        assert seen(peer, x_forwarded_for=forwarded) == client

    @pytest.mark.parametrize(
        ("forwarded", "client"),
        [
            ("for=198.51.100.7;proto=https", "198.51.100.7"),
            ('for=1.1.1.1, for="[2001:db8::7]:443";by=10.0.0.9', "2001:db8::7"),
            ("for=198.51.100.7, for=10.1.2.3", "198.51.100.7"),
            ("for=_hidden", PROXY),
            ("proto=https", PROXY),
        ],
    )
    def test_forwarded_of_rfc_7239_too(self, forwarded: str, client: str) -> None:
        assert seen(PROXY, forwarded=forwarded) == client

    def test_the_header_that_the_proxy_does_not_write_is_not_read(self) -> None:
        both = Headers({"x-forwarded-for": "198.51.100.7", "forwarded": "for=1.1.1.1;proto=http"})
        assert find_client(PROXY, both, TRUSTED, "x-forwarded-for").address == "198.51.100.7"
        assert find_client(PROXY, both, TRUSTED, "forwarded").address == "1.1.1.1"

    def test_the_scheme_is_the_last_proxys_word(self) -> None:
        headers = Headers({"x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "gopher, https"})
        assert find_client(PROXY, headers, TRUSTED, "x-forwarded-for").scheme == "https"
        assert find_client("192.0.2.1", headers, TRUSTED, "x-forwarded-for").scheme is None

    def test_one_subscriber_of_ipv6_is_one_address(self) -> None:
        assert address_group("2001:db8:1:2:3:4:5:6") == address_group("2001:db8:1:2::1")
        assert address_group("2001:db8:1:3::1") != address_group("2001:db8:1:2::1")
        assert address_group("192.0.2.1") != address_group("192.0.2.2")


class TestPace:
    def test_an_address_that_asks_too_often_is_told_to_wait(self, client: TestClient) -> None:
        for _ in range(OPEN_BY_ADDRESS.amount):
            client.get("/notices/none")
        answers = [client.get("/notices/none"), client.post("/session/challenge")]
        assert [answer.json()["code"] for answer in answers] == ["too-many-requests"] * 2
        assert answers[0].status_code == 429
        assert 1 <= int(answers[0].headers["retry-after"]) <= 60

    def test_made_up_headers_escape_no_limit(self, client: TestClient) -> None:
        for number in range(OPEN_BY_ADDRESS.amount):
            client.get("/notices/none", headers={"x-forwarded-for": f"198.51.100.{number}"})
        assert client.get("/notices/none", headers={"x-forwarded-for": "203.0.113.1"}).status_code == 429

    def test_all_behind_one_proxy_are_told_apart(self, behind: TestClient, founded: Founded) -> None:
        busy = {"x-forwarded-for": "1.1.1.1, 198.51.100.1"}
        for _ in range(OPEN_BY_ADDRESS.amount):
            behind.get("/notices/none", headers=busy)
        assert behind.get("/notices/none", headers=busy).status_code == 429
        other = Browser(behind, founded).sign_in("https://ledger.example", x_forwarded_for="198.51.100.2")
        assert other["status"] == 201

    def test_failed_sign_ins_slow_down_the_key_where_they_came_from(
        self, behind: TestClient, founded: Founded
    ) -> None:
        browser = Browser(behind, founded)
        for _ in range(FAILED_BY_KEY.amount):
            failed = browser.sign_in("https://ledger.example", spoiled=True, x_forwarded_for="198.51.100.1")
            assert failed["status"] == 422
        here = browser.sign_in("https://ledger.example", x_forwarded_for="198.51.100.1")
        assert (here["status"], here["code"]) == (429, "too-many-requests")
        assert int(here["headers"]["retry-after"]) > 60
        # Who fails in an officer's name elsewhere does not lock them out.
        assert browser.sign_in("https://ledger.example", x_forwarded_for="198.51.100.2")["status"] == 201

    def test_failures_under_many_keys_slow_down_the_address(
        self, client: TestClient, founded: Founded
    ) -> None:
        for number in range(FAILED_BY_ADDRESS.amount):
            assert Browser(client, founded, f"stranger-{number}").sign_in()["code"] == "key-not-in-force"
        assert Browser(client, founded).sign_in()["code"] == "too-many-requests"

    def test_it_is_by_who_and_window(self) -> None:
        now = [0.0]
        rates = RateLimiter(lambda: now[0])
        two = RateLimitItemPerMinute(2, namespace="two")
        for address in ("a", "a", "b"):
            rates.take(two, address)
        now[0] = 20.0
        with pytest.raises(Refused) as refused:
            rates.take(two, "a")
        assert refused.value.details == {"expected": 2, "minutes": 1, "retry_after_seconds": 40}
        rates.take(two, "b")
        now[0] = 60.0
        rates.take(two, "a")

    def test_what_is_counted_is_bounded(self) -> None:
        memory = BoundedMemory(lambda: 0.0, most=3)
        for key in ("a", "b", "c", "a", "d"):
            memory.incr(key, 60)
        assert [memory.get(key) for key in ("a", "b", "c", "d")] == [2, 0, 1, 1]
        memory.clear("a")
        assert (memory.get("a"), memory.check(), memory.reset()) == (0, True, 2)
