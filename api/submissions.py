"""How submissions travel: one JSON object a line, ``{"envelope": …, "disclosure": …}``.

``disclosure`` is ``{"identity": {…}, "salt": "<32 hex digits>"}`` and stands only beside statements
that commit to an identity.
"""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from ledger.errors import SongnuanError
from ledger.identity import EnterpriseIdentity, Identity, PersonIdentity
from ledger.intake import Submission
from ledger.vault import Disclosure

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
        value = orjson.loads(line)
        envelope = orjson.dumps(value["envelope"], option=orjson.OPT_SORT_KEYS)
        disclosure = None
        if value.get("disclosure") is not None:
            given = value["disclosure"]
            disclosure = Disclosure(
                _IDENTITY.validate_python(given["identity"]), bytes.fromhex(given["salt"])
            )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ValidationError):
            problem = "; ".join(
                f"{'.'.join(map(str, e['loc']))}: {e['msg']}"
                for e in error.errors(include_url=False, include_input=False)
            )
            raise SubmissionMalformed(f"identity: {problem}") from None
        raise SubmissionMalformed(f"{type(error).__name__}: {error}") from None
    return Submission(envelope, disclosure)


def write_submission(submission: Submission) -> dict[str, Any]:
    """A submission as JSON."""
    value: dict[str, Any] = {"envelope": orjson.loads(submission.envelope)}
    if submission.disclosure is not None:
        value["disclosure"] = {
            "identity": submission.disclosure.identity.model_dump(exclude_none=True),
            "salt": submission.disclosure.salt.hex(),
        }
    return value
