"""How submissions travel: one JSON object a line, ``{"envelope": …, "disclosure": …}``.

``disclosure`` is ``{"identity": {…}, "salt": "<32 hex digits>"}`` and stands only beside statements
that commit to an identity.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import TypeAdapter, ValidationError

from api.service.statuses import Malformed
from ledger.errors import Refused
from ledger.identity.documents import EnterpriseIdentity, Identity, PersonIdentity
from ledger.identity.vault import Disclosure
from ledger.statements.json_limits import (
    TOO_LARGE,
    Limits,
    check_limits,
    split_array,
    split_lines,
)
from ledger.statements.statement import MOST_LEVELS
from ledger.validation_words import Words, json_kind, problem_words
from ledger.writing.intake import Submission

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SUBMISSION_LIMITS = Limits(size=128_000, depth=MOST_LEVELS, values=5_000)
MOST_STATEMENTS = 10_000
"""How many submissions one request may carry."""
MOST_VALUES = 2_000_000
"""How many values they may have together, counted with the brackets and commas around them."""

FORM = '{"envelope": {…}, "disclosure": {"identity": {…}, "salt": "…"}}'
"""How a submission looks."""

_SALT = re.compile(r"[0-9a-fA-F]{32}").fullmatch
_IDENTITY: TypeAdapter[PersonIdentity | EnterpriseIdentity] = TypeAdapter(Identity)


class SubmissionMalformed(Malformed):
    """What came is not a submission; says field by field what was expected and what was found."""

    code = "submission-malformed"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(type(self).code, zh, en)


class SubmissionTooLarge(SubmissionMalformed):
    """One submission has more bytes than a submission may have."""

    code = "submission-too-large"
    status = 413


def read_submission(line: bytes) -> Submission:
    """Reads one submission.

    The envelope's bytes are the canonical ones of its JSON: how the line around it was spaced does
    not matter, what the envelope says does.

    Raises:
        SubmissionMalformed: with what is wrong.
    """
    try:
        check_limits(line, SUBMISSION_LIMITS)
    except Refused as refusal:
        raise _beyond(refusal) from None
    value = _decoded(line)
    if not isinstance(value, dict):
        zh, en = json_kind(value)
        raise SubmissionMalformed(f"应为 {FORM}，实为{zh}", f"expected {FORM}, got {en}")
    problems = [] if "envelope" in value else [_problem("envelope", _MISSING)]
    disclosure = None
    if value.get("disclosure") is not None:
        disclosure, found = _read_disclosure(value["disclosure"])
        problems += found
    if problems:
        raise SubmissionMalformed("；".join(zh for zh, _ in problems), "; ".join(en for _, en in problems))
    return Submission(orjson.dumps(value["envelope"], option=orjson.OPT_SORT_KEYS), disclosure)


_MISSING: Words = ("缺少此项", "it is missing")

_SIGNATURES = {
    b"\x1f\x8b": ("正文经 gzip 压缩，须不经压缩", "the body is compressed by gzip: send it without"),
    b"\xff\xfe": ("正文为 UTF-16，须为 UTF-8", "the body is UTF-16: send it as UTF-8"),
    b"\xfe\xff": ("正文为 UTF-16，须为 UTF-8", "the body is UTF-16: send it as UTF-8"),
    b"\xef\xbb\xbf": (
        "正文以字节顺序标记开头，须去掉",
        "the body starts with a byte order mark: leave it out",
    ),
}
"""What bodies that are no JSON in UTF-8 are often instead, by their first bytes."""


def _decoded(line: bytes) -> Any:
    for start, words in _SIGNATURES.items():
        if line.startswith(start):
            raise SubmissionMalformed(*words)
    if not line.strip():
        raise SubmissionMalformed(f"正文为空，应为 {FORM}", f"the body is empty, expected {FORM}")
    try:
        return orjson.loads(line.decode())
    except UnicodeDecodeError as error:
        raise SubmissionMalformed(
            f"正文不是 UTF-8：第 {error.start + 1} 个字节有误",
            f"the body is not UTF-8: see byte {error.start + 1}",
        ) from None
    except orjson.JSONDecodeError as error:
        raise SubmissionMalformed(
            f"正文不是 JSON：第 {error.pos + 1} 个字符起有误",
            f"the body is not JSON: see character {error.pos + 1}",
        ) from None


def _read_disclosure(value: Any) -> tuple[Disclosure | None, list[Words]]:
    """What lies beside the envelope, or what is wrong with it; no problem quotes an identity."""
    if not isinstance(value, dict):
        return None, [_problem("disclosure", ("应为对象", "expected an object"), json_kind(value))]
    identity: PersonIdentity | EnterpriseIdentity | None = None
    problems: list[Words] = []
    if "identity" not in value:
        problems.append(_problem("disclosure.identity", _MISSING))
    else:
        try:
            identity = _IDENTITY.validate_python(value["identity"])
        except ValidationError as error:
            problems += [_identity_problem(each) for each in error.errors(include_url=False)]
    salt = value.get("salt")
    if "salt" not in value:
        problems.append(_problem("disclosure.salt", _MISSING))
    elif not isinstance(salt, str) or _SALT(salt) is None:
        problems.append(
            _problem("disclosure.salt", ("应为 32 位十六进制数字", "expected 32 hex digits"), json_kind(salt))
        )
    if problems or identity is None:
        return None, problems
    return Disclosure(identity, bytes.fromhex(str(salt))), []


def _identity_problem(error: ErrorDetails) -> Words:
    # The first part of the place is the kind, by which the form was chosen.
    where = ".".join(("disclosure.identity", *map(str, error["loc"][1:])))
    absent = error["type"] in ("missing", "union_tag_not_found", "extra_forbidden")
    return _problem(where, problem_words(error), None if absent else json_kind(error["input"]))


def _problem(where: str, expected: Words, found: Words | None = None) -> Words:
    zh, en = f"{where}：{expected[0]}", f"{where}: {expected[1]}"
    return (zh, en) if found is None else (f"{zh}，实为{found[0]}", f"{en}, got {found[1]}")


def split_submissions(body: bytes, *, as_lines: bool) -> list[bytes]:
    """Many submissions taken apart, a line each or as an array: all counted, none decoded yet.

    Raises:
        SubmissionMalformed: the body is no array, or holds none, too many, too deep or too large.
    """
    try:
        if as_lines:
            found = split_lines(body, SUBMISSION_LIMITS, MOST_STATEMENTS)
        else:
            found = split_array(body.strip(), SUBMISSION_LIMITS, MOST_STATEMENTS, MOST_VALUES)
    except Refused as refusal:
        raise _beyond(refusal) from None
    except ValueError:
        raise SubmissionMalformed(
            "应为完整的 JSON 数组，实际没有结尾，或结尾之后还有内容",
            "expected a whole JSON array, got one that does not end, or goes on after its end",
        ) from None
    if not found:
        raise SubmissionMalformed(
            f"一次应有 1 至 {MOST_STATEMENTS} 条，实为 0 条",
            f"expected 1 to {MOST_STATEMENTS} statements, got 0",
        )
    return found


def read_each(parts: Iterable[bytes]) -> list[Submission | SubmissionMalformed]:
    """Read submissions that were taken apart; one that is none stands as its error."""
    return [_read_one(each) for each in parts]


def _read_one(raw: bytes) -> Submission | SubmissionMalformed:
    try:
        return read_submission(raw)
    except SubmissionMalformed as error:
        return error.as_value()


def _beyond(refusal: Refused) -> SubmissionMalformed:
    if refusal.rule is TOO_LARGE:
        found, most = refusal.details["found"], SUBMISSION_LIMITS.size
        return SubmissionTooLarge(
            f"单条过大：实为 {found} 字节，单条上限 {most} 字节；多条可用数组或每行一条一起提交",
            f"one statement is too large: {found} bytes, at most {most} each; many may come together,"
            " as an array or a line each",
        )
    return SubmissionMalformed(refusal.message("zh"), refusal.message("en"))


def write_submission(submission: Submission) -> dict[str, Any]:
    """A submission as JSON."""
    value: dict[str, Any] = {"envelope": orjson.loads(submission.envelope)}
    if submission.disclosure is not None:
        value["disclosure"] = {
            "identity": submission.disclosure.identity.model_dump(exclude_none=True),
            "salt": submission.disclosure.salt.hex(),
        }
    return value
