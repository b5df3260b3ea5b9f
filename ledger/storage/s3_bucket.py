"""Objects in a bucket of an S3-compatible store (S3 桶): every request bounded in time and bytes.

Large objects are read and written in parts, each its own request, so that a bound on the request is
none on the object. Credentials and endpoint come from the environment by their usual names
(``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_SESSION_TOKEN``, ``AWS_ENDPOINT_URL``,
``AWS_REGION``) and are in no message.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from ledger.bounded_http import Answer, ask, check_no_page, connections
from ledger.clock import utc_now
from ledger.peer_faults import LARGE, REDIRECTED, SLOW, UNREACHABLE, PeerFailed
from ledger.storage.object_store import PART_BYTES, Sink
from ledger.storage.s3_answers import MISSING, Refused, check, no_store, read_listing, read_member
from ledger.storage.s3_signing import Credentials, encoded, query_of, signed_headers

ANSWER_SECONDS, TRANSFER_SECONDS, LISTING_SECONDS = 30.0, 120.0, 600.0
"""For a request without content to speak of; for one with a part; for a whole listing."""
LARGEST_ANSWER_BYTES = 2 * 1024 * 1024
MOST_OBJECTS = 4_000_000
TRIES, PAUSE_SECONDS = 3, 0.2
_AGAIN = frozenset({429, 500, 502, 503, 504})


class Place(NamedTuple):
    """A bucket, and what stands before each name in it."""

    endpoint: str
    region: str
    bucket: str
    prefix: str
    in_host: bool

    def url(self, key: str | None, parameters: Mapping[str, str]) -> str:
        """The address of an object, or of the bucket."""
        parts = urlsplit(self.endpoint)
        host, path = parts.netloc, parts.path.rstrip("/")
        if not self.in_host:
            path = f"{path}/{encoded(self.bucket)}"
        elif not host.startswith(f"{self.bucket}."):
            host = f"{self.bucket}.{host}"
        if key is not None:
            path += "/" + "/".join(map(encoded, key.split("/")))
        query = query_of(parameters)
        return f"{parts.scheme}://{host}{path or '/'}{'?' if query else ''}{query}"


def place_in(environment: Mapping[str, str], bucket: str, prefix: str) -> Place:
    """Where a bucket is, by the variables of the environment.

    Raises:
        ValueError: the name of the variable that is wrong.
    """
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
    named = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
    endpoint = next((environment[each] for each in named if environment.get(each)), None)
    if endpoint is None:
        endpoint = f"https://s3.{region}.amazonaws.com"
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise ValueError("AWS_ENDPOINT_URL")
    if not re.fullmatch(r"[A-Za-z0-9-]+", region):
        raise ValueError("AWS_REGION")
    in_host = environment.get("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "").lower() in ("true", "1", "yes")
    return Place(endpoint, region, bucket, prefix.strip("/"), in_host)


def credentials_in(environment: Mapping[str, str]) -> Credentials:
    """The credentials of the environment.

    Raises:
        ValueError: the name of the variable that is missing or wrong.
    """
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        if not re.fullmatch(r"[!-~]+", environment.get(name, "")):
            raise ValueError(name)
    token = environment.get("AWS_SESSION_TOKEN") or None
    return Credentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], token)


class Bucket:
    """The objects below a prefix of a bucket.

    Raises, on any method:
        PeerFailed: with the code of the kind of fault; :class:`Refused` where the store says no.
    """

    def __init__(self, place: Place, credentials: Credentials) -> None:
        self._place = place
        self._credentials = credentials

    def put(self, name: str, content: bytes) -> None:
        """Store an object, in place of one that has the name."""
        if len(content) <= PART_BYTES:
            self._put(name, content)
            return
        with self.writer(name) as sink:
            sink.write(content)

    def chunks(self, name: str) -> Iterator[bytes]:
        """An object's content, a request for each part."""
        have, size, tag = 0, 1, ""
        while have < size:
            asked = {"range": f"bytes={have}-{have + PART_BYTES - 1}"}
            if tag:
                asked["if-match"] = tag
            answer = self._ask("GET", name, headers=asked, most_bytes=PART_BYTES)
            if answer.status == 416 and have == 0:
                return  # an empty object has no part
            try:
                check(answer, 206) if have else check(answer, 200, 206)
            except Refused as refused:
                if refused.said == MISSING and have == 0:
                    raise FileNotFoundError(name) from None
                raise
            tag = answer.headers.get("etag", "")
            if answer.status == 200:
                check_no_page(answer)
                if not tag:
                    raise no_store()
                yield answer.content
                return
            size = _size_told(answer, have)
            have += len(answer.content)
            yield answer.content

    def sizes(self, prefix: str) -> dict[str, int]:
        """The objects below a prefix, each with its size in bytes."""
        before = f"{self._place.prefix}/" if self._place.prefix else ""
        below = before + (f"{prefix.strip('/')}/" if prefix else "")
        found: dict[str, int] = {}
        asked = {"list-type": "2", "prefix": below}
        deadline = time.monotonic() + LISTING_SECONDS
        while True:
            answer = check(self._ask("GET", None, parameters=asked, most_bytes=LARGEST_ANSWER_BYTES), 200)
            page = read_listing(answer.content)
            if not all(key.startswith(below) for key in page.sizes):
                raise no_store()
            found |= {key.removeprefix(before): size for key, size in page.sizes.items()}
            if page.further is None:
                return found
            if page.further == asked.get("continuation-token") or not page.sizes:
                raise no_store()
            if len(found) > MOST_OBJECTS:
                raise PeerFailed(
                    LARGE,
                    f"列出的对象超过 {MOST_OBJECTS:,} 个",
                    f"it lists more than {MOST_OBJECTS:,} objects",
                )
            if time.monotonic() > deadline:
                raise PeerFailed(
                    SLOW,
                    f"{LISTING_SECONDS:.0f} 秒内没有列完",
                    f"it did not end its listing within {LISTING_SECONDS:.0f} s",
                )
            asked["continuation-token"] = page.further

    def delete(self, name: str) -> None:
        """Remove an object."""
        try:
            check(self._ask("DELETE", name), 200, 204)
        except Refused as refused:
            if refused.said != MISSING:
                raise

    @contextmanager
    def writer(self, name: str) -> Iterator[Sink]:
        """A large object, whose parts go as they come; nothing of it stays where it is broken off."""
        parts = _Parts(self, name)
        try:
            yield parts
            parts.finish()
        except BaseException:
            parts.give_up()
            raise

    def begin_parts(self, name: str) -> str:
        """Begin an object in parts; what names it until it is whole."""
        answer = check(self._ask("POST", name, parameters={"uploads": ""}), 200)
        return read_member(answer.content, "InitiateMultipartUploadResult", "UploadId")

    def put_part(self, name: str, upload: str, number: int, content: bytes) -> str:
        """Store a part; its tag."""
        return self._put(name, content, {"partNumber": str(number), "uploadId": upload})

    def end_parts(self, name: str, upload: str, tags: list[str]) -> None:
        """Make an object of its parts."""
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{_escaped(tag)}</ETag></Part>"
            for number, tag in enumerate(tags, 1)
        )
        content = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        answer = check(self._ask("POST", name, content, {"uploadId": upload}, seconds=TRANSFER_SECONDS), 200)
        read_member(answer.content, "CompleteMultipartUploadResult", "ETag")

    def drop_parts(self, name: str, upload: str) -> None:
        """Give up an object in parts."""
        check(self._ask("DELETE", name, parameters={"uploadId": upload}), 200, 204)

    def _put(self, name: str, content: bytes, parameters: Mapping[str, str] | None = None) -> str:
        answer = check(self._ask("PUT", name, content, parameters), 200)
        tag = answer.headers.get("etag")
        if not tag:  # whatever takes all that comes and keeps nothing
            raise no_store()
        return tag

    def _ask(
        self,
        method: str,
        name: str | None,
        content: bytes = b"",
        parameters: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        most_bytes: int = LARGEST_ANSWER_BYTES,
        seconds: float | None = None,
    ) -> Answer:
        """Ask, and again where the line broke or the store was not up to it."""
        key = None if name is None else f"{self._place.prefix}/{name}".removeprefix("/")
        url = self._place.url(key, parameters or {})
        if seconds is None:
            has_part = bool(content) or (headers is not None and "range" in headers)
            seconds = TRANSFER_SECONDS if has_part else ANSWER_SECONDS
        for left in reversed(range(TRIES)):
            signed = signed_headers(
                method,
                url,
                content,
                headers or {},
                credentials=self._credentials,
                region=self._place.region,
                now=utc_now(),
            )
            try:
                with connections(seconds) as client:
                    answer = ask(
                        client,
                        method,
                        url,
                        seconds=seconds,
                        most_bytes=most_bytes,
                        content=content or None,
                        headers=signed,
                    )
                if answer.status not in _AGAIN or not left:
                    return answer
            except PeerFailed as failed:
                if failed.code == REDIRECTED:
                    raise _elsewhere() from None
                if failed.code != UNREACHABLE or not left:
                    raise
            time.sleep(PAUSE_SECONDS * 2 ** (TRIES - 1 - left))
        raise AssertionError("the last try returns or raises")


class _Parts:
    """Gathers what is written into parts, and sends each."""

    def __init__(self, bucket: Bucket, name: str) -> None:
        self._bucket = bucket
        self._name = name
        self._upload: str | None = None
        self._tags: list[str] = []
        self._waiting = bytearray()

    def write(self, content: bytes) -> None:
        """Take some more; a part that is full goes."""
        self._waiting += content
        while len(self._waiting) >= PART_BYTES:
            self._send(bytes(self._waiting[:PART_BYTES]))
            del self._waiting[:PART_BYTES]

    def finish(self) -> None:
        """Send what is left, and make the object of it."""
        if self._upload is None:
            self._bucket.put(self._name, bytes(self._waiting))
            return
        if self._waiting:
            self._send(bytes(self._waiting))
        self._bucket.end_parts(self._name, self._upload, self._tags)

    def give_up(self) -> None:
        """Have the store forget the parts, if it still can."""
        if self._upload is not None:
            with suppress(PeerFailed):
                self._bucket.drop_parts(self._name, self._upload)

    def _send(self, content: bytes) -> None:
        if self._upload is None:
            self._upload = self._bucket.begin_parts(self._name)
        self._tags.append(self._bucket.put_part(self._name, self._upload, len(self._tags) + 1, content))


def _size_told(answer: Answer, begin: int) -> int:
    """The size of the whole object, from an answer with the part of it that was asked for."""
    told = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", answer.headers.get("content-range", ""))
    if told is None:
        raise no_store()
    first, last, size = map(int, told.groups())
    expected = min(begin + PART_BYTES, size) - 1
    if first != begin or last != expected or last - first + 1 != len(answer.content) or not answer.content:
        raise no_store()
    return size


def _elsewhere() -> PeerFailed:
    return PeerFailed(
        REDIRECTED,
        "它要求转到另一地址，不予跟随：改正 AWS_ENDPOINT_URL 与 AWS_REGION",
        "it leads to another address, which is not followed: correct AWS_ENDPOINT_URL and AWS_REGION",
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
