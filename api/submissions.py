"""How submissions travel: one JSON object a line, ``{"envelope": …, "disclosure": …}``.

``disclosure`` is ``{"identity": {…}, "salt": "<32 hex digits>"}`` and stands only beside statements
that commit to an identity.
"""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from ledger.errors import Refused, SongnuanError
from ledger.identity import EnterpriseIdentity, Identity, PersonIdentity
from ledger.intake import Submission
from ledger.json_limits import Limits, check_limits, split_array, split_lines
from ledger.statement import MOST_LEVELS
from ledger.vault import Disclosure

SUBMISSION_LIMITS = Limits(size=128_000, depth=MOST_LEVELS, values=5_000)
MOST_STATEMENTS = 10_000
"""How many submissions one request may carry."""
MOST_VALUES = 2_000_000
"""How many values they may have together, counted with the brackets and commas around them."""

_IDENTITY: TypeAdapter[PersonIdentity | EnterpriseIdentity] = TypeAdapter(Identity)


class SubmissionMalformed(SongnuanError):
    """What came is not a submission."""

    code = "submission-malformed"

    def message(self, language: str = "zh") -> str:
        """What is wrong, in ``zh`` or ``en``."""
        if language.startswith("zh"):
            return '应为 {"envelope": {…}, "disclosure": {"identity": {…}, "salt": "…"}}：' + str(self)
        return str(self)


def read_submission(line: bytes) -> Submission:
    """Reads one submission.

    The envelope's bytes are the canonical ones of its JSON: how the line around it was spaced does
    not matter, what the envelope says does.

    Raises:
        SubmissionMalformed: with what is wrong.
    """
    try:
        check_limits(line, SUBMISSION_LIMITS)
        value = orjson.loads(line)
        envelope = orjson.dumps(value["envelope"], option=orjson.OPT_SORT_KEYS)
        disclosure = None
        if value.get("disclosure") is not None:
            given = value["disclosure"]
            disclosure = Disclosure(
                _IDENTITY.validate_python(given["identity"]), bytes.fromhex(given["salt"])
            )
    except Refused as refusal:
        raise _beyond(refusal) from None
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ValidationError):
            problem = "; ".join(
                f"{'.'.join(map(str, e['loc']))}: {e['msg']}"
                for e in error.errors(include_url=False, include_input=False)
            )
            raise SubmissionMalformed(f"identity: {problem}") from None
        raise SubmissionMalformed(f"{type(error).__name__}: {error}") from None
    return Submission(envelope, disclosure)


def read_submissions(body: bytes, *, as_lines: bool) -> list[Submission | SubmissionMalformed]:
    """Read many submissions, a line each or as an array; one that is none stands as its error.

    None is decoded before all were counted, and one after the other, so that the memory taken stays
    near that of the body.

    Raises:
        SubmissionMalformed: the body is no array, or holds too many, too deep or too large.
    """
    try:
        if as_lines:
            found = split_lines(body, SUBMISSION_LIMITS, MOST_STATEMENTS)
        else:
            found = split_array(body.strip(), SUBMISSION_LIMITS, MOST_STATEMENTS, MOST_VALUES)
    except Refused as refusal:
        raise _beyond(refusal) from None
    except ValueError as error:
        raise SubmissionMalformed(f"JSON: {error}") from None
    if not found:
        raise SubmissionMalformed(f"1 to {MOST_STATEMENTS} statements at once, got 0")
    return [_read_one(each) for each in found]


def _read_one(raw: bytes) -> Submission | SubmissionMalformed:
    try:
        return read_submission(raw)
    except SubmissionMalformed as error:
        return error


def _beyond(refusal: Refused) -> SubmissionMalformed:
    return SubmissionMalformed(f"{refusal.code}: {refusal.message('en')}")


def write_submission(submission: Submission) -> dict[str, Any]:
    """A submission as JSON."""
    value: dict[str, Any] = {"envelope": orjson.loads(submission.envelope)}
    if submission.disclosure is not None:
        value["disclosure"] = {
            "identity": submission.disclosure.identity.model_dump(exclude_none=True),
            "salt": submission.disclosure.salt.hex(),
        }
    return value
