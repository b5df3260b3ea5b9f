"""What an object store answers (S3 应答): its XML, and its refusals in words.

Whoever answers may be no object store at all: what is no such XML is refused, and no document type
or entity is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from xml.parsers import expat

from ledger.bounded_http import Answer
from ledger.peer_faults import CONTENT, STATUS, PeerFailed

MISSING = "NoSuchKey"
DEEPEST = 8

Words = tuple[str, str]


class Listed(NamedTuple):
    """One page of a listing: keys with their sizes, and what continues it; None at the end."""

    sizes: dict[str, int]
    further: str | None


class Refused(PeerFailed):
    """The object store refused a request, and said why by a code of S3's own in ``said``."""

    def __init__(self, status: int, said: str) -> None:
        self.said = said
        zh, en = WORDS.get(said, (f"应答为 {status}", f"it answered {status}"))
        super().__init__(STATUS, zh, en)


def no_store() -> PeerFailed:
    """What answers is no object store."""
    return PeerFailed(
        CONTENT,
        "应答的不是 S3 对象存储，可能是代理、登录页或别的服务",
        "what answers is no S3 store: perhaps a proxy, a sign-in page or another service",
    )


def check(answer: Answer, *expected: int) -> Answer:
    """Refuse another status than those, with what the store says of it.

    Raises:
        PeerFailed: :class:`Refused`; ``peer-content`` where a 404 is not the store's own, which would
            be taken for an object that is not there.
    """
    if answer.status in expected:
        return answer
    said = _code_of(answer.content)
    if answer.status == 404 and not said:
        raise no_store()
    raise Refused(answer.status, said)


def read_listing(content: bytes) -> Listed:
    """A page of a listing.

    Raises:
        PeerFailed: ``peer-content``.
    """
    root, told = _read(content)
    if root != "ListBucketResult":
        raise no_store()
    sizes: dict[str, int] = {}
    key, further, truncated = None, None, False
    for path, text in told:
        if path == ("Contents", "Key"):
            key = text
        elif path == ("Contents", "Size"):
            if key is None or not text.isascii() or not text.isdigit() or len(text) > 18:
                raise no_store()
            sizes[key] = int(text)
        elif path == ("NextContinuationToken",):
            further = text
        elif path == ("IsTruncated",):
            truncated = text == "true"
    if truncated and not further:
        raise no_store()
    return Listed(sizes, further if truncated else None)


def read_member(content: bytes, root: str, member: str) -> str:
    """What one member of an answer says.

    Raises:
        PeerFailed: ``peer-content``; :class:`Refused` where the answer is a refusal after all.
    """
    said = _code_of(content)
    if said:
        raise Refused(200, said)
    found, told = _read(content)
    text = dict(told).get((member,))
    if found != root or not text:
        raise no_store()
    return text


def _code_of(content: bytes) -> str:
    """The code of a refusal; empty where it is none of an object store's."""
    try:
        root, told = _read(content)
    except PeerFailed:
        return ""
    return dict(told).get(("Code",), "") if root == "Error" else ""


def _read(content: bytes) -> tuple[str, list[tuple[tuple[str, ...], str]]]:
    """The root's name, and the text of every element below it with the way to it."""
    way: list[str] = []
    texts: list[list[str]] = []
    told: list[tuple[tuple[str, ...], str]] = []
    roots: list[str] = []

    def begin(name: str, attributes: dict[str, str]) -> None:
        if len(way) >= DEEPEST:
            raise no_store()
        local = name.rpartition(" ")[2]
        if not way:
            roots.append(local)
        way.append(local)
        texts.append([])

    def end(name: str) -> None:
        if len(way) > 1:
            told.append((tuple(way[1:]), "".join(texts[-1])))
        way.pop()
        texts.pop()

    def refuse(*declared: object) -> None:
        raise no_store()

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda text: texts[-1].append(text)
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError):
        raise no_store() from None
    return roots[0], told


WORDS: Mapping[str, Words] = {
    "NoSuchBucket": ("没有这个桶", "there is no such bucket"),
    "AccessDenied": ("此凭据无权使用它", "these credentials are not allowed to use it"),
    "AllAccessDisabled": ("此凭据无权使用它", "these credentials are not allowed to use it"),
    "InvalidAccessKeyId": ("没有这个访问密钥", "there is no such access key"),
    "SignatureDoesNotMatch": ("访问密钥与其密文不符", "the secret is not that of the access key"),
    "RequestTimeTooSkewed": ("本机时钟与对方相差太多", "the clock here is too far from the store's"),
    "SecondLevelDomainForbidden": (
        "它要求桶名写在主机名中：设置 AWS_VIRTUAL_HOSTED_STYLE_REQUEST=true",
        "it wants the bucket in the host's name: set AWS_VIRTUAL_HOSTED_STYLE_REQUEST=true",
    ),
    "PermanentRedirect": (
        "桶在另一地域：改正 AWS_REGION 与 AWS_ENDPOINT_URL",
        "the bucket is in another region: correct AWS_REGION and AWS_ENDPOINT_URL",
    ),
    "AuthorizationHeaderMalformed": ("地域不对：改正 AWS_REGION", "the region is wrong: correct AWS_REGION"),
}
