"""An object store that is slow, broken or evil: an end in time and bytes, a code, and no word of the secrets."""

from __future__ import annotations

import socket
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ledger.errors import Unavailable
from ledger.storage import s3_bucket
from ledger.storage.depot import Depot, open_depot, pack, unpack
from ledger.storage.s3_signing import Credentials, signed_headers
from tests.evil_peer import EVIL, Says, answering, at_once

SECONDS = 1.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANSWER_SECONDS", "TRANSFER_SECONDS"):
        monkeypatch.setattr(s3_bucket, name, SECONDS)
    monkeypatch.setattr(s3_bucket, "PAUSE_SECONDS", 0.0)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-to-be-printed")
    monkeypatch.setenv("AWS_REGION", "us-east-1")


def xml(status: str, body: str, more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n{body}".encode()


def told(size: int) -> Says:
    """A part of an object, and that the whole has so many bytes."""
    content = "x" * 10
    return at_once(xml("206 Partial", content, f"ETag: a\r\nContent-Range: bytes 0-9/{size}\r\n"))


def huge(line: socket.socket) -> None:
    """More content than any machine holds, and as much of it as is taken."""
    line.sendall(b"HTTP/1.1 200 OK\r\nETag: a\r\nContent-Length: 99999999999999\r\n\r\n")
    while True:
        line.sendall(b"x" * 65536)


LISTING = "<ListBucketResult><IsTruncated>true</IsTruncated>{}</ListBucketResult>"
ENDLESS = LISTING.format(
    "<NextContinuationToken>same</NextContinuationToken>"
    "<Contents><Key>songnuan/wal/a</Key><Size>1</Size></Contents>"
)
FOREIGN = LISTING.format("<Contents><Key>elsewhere/wal/a</Key><Size>1</Size></Contents>")
BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]><ListBucketResult>&c;</ListBucketResult>'

ASKED: dict[str, Callable[[Depot], object]] = {
    "get": lambda depot: depot.get("wal/a"),
    "digest": lambda depot: depot.digest("wal/a"),
    "list": lambda depot: depot.sizes("wal"),
    "put": lambda depot: depot.put("wal/a", b"content"),
    "delete": lambda depot: depot.delete(["wal/a"]),
}
OTHERS = ("get", "digest", "put", "delete")
STORES: dict[str, tuple[Says, str]] = {
    **EVIL,
    "more than can be": (huge, "peer-too-large"),
    "not found by another server": (at_once(xml("404 No", "<html>no</html>")), "peer-content"),
    "a bomb": (at_once(xml("200 OK", BOMB)), "peer-content"),
    "a depth": (at_once(xml("200 OK", "<a>" * 100_000)), "peer-content"),
    "a listing without end": (at_once(xml("200 OK", ENDLESS)), "peer-content"),
    "another's listing": (at_once(xml("200 OK", FOREIGN)), "peer-content"),
}


def failing(says: Says, ask: Callable[[Depot], object], monkeypatch: pytest.MonkeyPatch) -> Unavailable:
    with answering(says) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        depot = open_depot("s3://bucket/songnuan")
        started = time.monotonic()
        with pytest.raises(Unavailable) as failed:
            ask(depot)
        assert time.monotonic() - started < 3 * SECONDS + 10
    assert failed.value.code == "backup-target-unreachable"
    assert "not-to-be-printed" not in failed.value.zh + failed.value.en
    return failed.value


@pytest.mark.parametrize("name", STORES)
def test_a_listing_ends_and_says_what_answers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    says, code = STORES[name]
    failed = failing(says, ASKED["list"], monkeypatch)
    assert code in failed.zh
    assert code in failed.en


# What a removal answers is not read: the next listing tells of it.
@pytest.mark.parametrize(
    ("name", "asked"),
    [
        *((name, asked) for name in ("silent", "more than can be", "a redirect") for asked in OTHERS),
        *(("a page", asked) for asked in ("get", "digest", "put")),
        *(("not found by another server", asked) for asked in OTHERS),
    ],
)
def test_so_does_every_other_request(name: str, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = failing(STORES[name][0], ASKED[asked], monkeypatch)
    assert STORES[name][1] in failed.en


@pytest.mark.parametrize("size", [5, 11, 10**15])
def test_a_part_that_is_not_the_one_asked_for_is_refused(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "peer-content" in failing(told(size), ASKED["get"], monkeypatch).en


@pytest.mark.parametrize(
    ("said", "words"),
    [("NoSuchBucket", "no such bucket"), ("AccessDenied", "not allowed"), ("SlowDown", "it answered 403")],
)
def test_the_stores_own_refusals_are_told_in_words(
    said: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = at_once(xml("403 No", f"<Error><Code>{said}</Code></Error>"))
    assert words in failing(says, ASKED["put"], monkeypatch).en


def test_what_is_not_there_is_nothing_and_a_part_of_all_is_all(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = at_once(xml("404 No", "<Error><Code>NoSuchKey</Code></Error>"))
    for says, found in ((missing, None), (told(10), b"x" * 10)):
        with answering(says) as url:
            monkeypatch.setenv("AWS_ENDPOINT_URL", url)
            assert open_depot("s3://bucket").get("wal/a") == found


def test_a_packed_bomb_is_unpacked_to_no_more_than_a_segment() -> None:
    packed = pack(bytes(64 * 1024 * 1024))
    tracemalloc.start()
    with pytest.raises(Exception, match="not one packed segment"):
        unpack(packed, 1024 * 1024)
    assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    tracemalloc.stop()
    assert unpack(pack(b"content")) == b"content"


def test_requests_are_signed_as_the_standard_has_it() -> None:
    """The example of "Authenticating Requests: Using the Authorization Header", GET Object."""
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # of the standard's text
    signed = signed_headers(
        "GET",
        "https://examplebucket.s3.amazonaws.com/test.txt",
        b"",
        {"range": "bytes=0-9"},
        credentials=Credentials("AKIAIOSFODNN7EXAMPLE", secret),
        region="us-east-1",
        now=datetime(2013, 5, 24, tzinfo=UTC),
    )
    assert signed["authorization"].endswith(
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )
    assert secret not in repr(Credentials("AKIAIOSFODNN7EXAMPLE", secret))


def test_the_bucket_stands_in_the_path_or_in_the_hosts_name() -> None:
    place = s3_bucket.place_in({"AWS_ENDPOINT_URL": "https://oss.example"}, "one", "/kept/")
    assert place.url("kept/a b", {}) == "https://oss.example/one/kept/a%20b"
    in_host = place._replace(in_host=True)
    assert in_host.url("kept/a", {"uploads": ""}) == "https://one.oss.example/kept/a?uploads="
    assert in_host._replace(endpoint="https://one.oss.example").url(None, {}) == "https://one.oss.example/"


@pytest.mark.parametrize(
    ("name", "value"),
    [("AWS_ENDPOINT_URL", "ftp://x"), ("AWS_REGION", "a b"), ("AWS_SECRET_ACCESS_KEY", "")],
)
def test_a_variable_that_is_wrong_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Exception, match=name):
        open_depot("s3://bucket")
