"""The whole error tree, and the rules that refuse statements.

::

    SongnuanError
    ├── Refused            a statement is not admitted; carries a rule's stable code
    │   └── NotVerified    a signature or a proof does not hold
    └── Explained          carries its own code and its text in both languages
        ├── IdentityFault  a number, card, phone or name is not what it should be
        ├── Incomplete     a copy lacks what it should have
        ├── Unavailable    try again later: queue full, another writer, database lost
        └── Misconfigured  this process must not serve this database

Other packages add their own below these: a roster that cannot be read, a view that failed.

Misuse by a caller is ``RuntimeError``; it is never caught here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from string import Formatter
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Self

from ledger.detail_words import in_chinese

_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
_CHINA = timezone(timedelta(hours=8))
_STATEMENT_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


class SongnuanError(Exception):
    """The root of all errors that this software raises on purpose."""

    code: str = "error"

    def message(self, language: str = "zh") -> str:
        """What to tell a person, in ``zh`` or ``en``."""
        return str(self)

    def as_value(self) -> Self:
        """The error to keep or hand on: without the frames that it came through.

        These hold all that was read of what was refused, many times its bytes.
        """
        self.__context__ = self.__cause__ = None
        return self.with_traceback(None)


@dataclass(frozen=True)
class Rule:
    """A reason to refuse: its stable code and what it says in Chinese and English.

    A rule is defined once, beside the check that uses it. ``{name}`` in a text is filled from the
    details that the check gives, which say what was expected and what was found.
    """

    code: str
    zh: str
    en: str
    all: ClassVar[dict[str, Rule]] = {}

    def __post_init__(self) -> None:
        if self.code in Rule.all:
            raise RuntimeError(f"rule {self.code} is defined twice")
        Rule.all[self.code] = self

    def refused(self, **details: Any) -> Refused:
        """The refusal to raise, with its details."""
        return Refused(self, details)

    def not_verified(self, **details: Any) -> NotVerified:
        """The refusal to raise where a signature or proof does not hold."""
        return NotVerified(self, details)


class Attempt(NamedTuple):
    """What was refused once its signatures were verified: whose key it was, and what it wanted to record.

    ``campaign`` and ``unit`` are as its body says, where it names one.
    """

    key: str
    type: str
    campaign: str | None
    unit: str | None


class Refused(SongnuanError):
    """A statement is not admitted, and nothing was written for it.

    ``attempt`` is None until its signatures are known to be those of the keys that they name.
    ``positions`` are those of the statements that the text names by their ids, and ``names`` what the codes in the
    details are called, where whoever shows it looked them up: people read serial numbers (登记序号) and names, the
    details keep ids and codes.
    """

    attempt: Attempt | None = None
    positions: Mapping[str, int] = MappingProxyType({})
    names: Mapping[str, str] = MappingProxyType({})

    def __init__(self, rule: Rule, details: Mapping[str, Any] | None = None) -> None:
        self.rule = rule
        self.code = rule.code
        self.details: dict[str, Any] = dict(details or {})
        super().__init__(self.message("en"))

    def __reduce__(self) -> tuple[Any, ...]:
        return _refusal_again, (type(self), self.rule.code, self.details, self.attempt)

    def message(self, language: str = "zh") -> str:
        """The rule's text, filled with the details."""
        text = self.rule.zh if language.startswith("zh") else self.rule.en
        filled = _Texts().vformat(text, (), _Blank({**self.details, **self.names}))
        if language.startswith("zh"):
            filled = _MOMENT.sub(_by_chinas_clock, filled)
        if not self.positions:
            return filled
        word = "登记序号" if language.startswith("zh") else "entry"

        def numbered(found: re.Match[str]) -> str:
            position = self.positions.get(found[0])
            return found[0] if position is None else f"{word} {position}"

        return _STATEMENT_ID.sub(numbered, filled)

    def references(self) -> set[str]:
        """The ids of statements in its text."""
        return set(_STATEMENT_ID.findall(self.message("zh")))

    def to_json(self) -> dict[str, Any]:
        """``{"code", "message": {"zh", "en"}, "details"}``, for scripts and the API."""
        return {
            "code": self.code,
            "message": {"zh": self.message("zh"), "en": self.message("en")},
            "details": self.details,
        }


def _refusal_again(
    kind: type[Refused], code: str, details: dict[str, Any], attempt: Attempt | None
) -> Refused:
    """A refusal that another process gave, by its rule's code."""
    refusal = kind(Rule.all[code], details)
    refusal.attempt = attempt
    return refusal


class NotVerified(Refused):
    """A signature or a proof does not hold."""


def yuan(amount_fen: int) -> str:
    """Money for people: 1,234.50, from whole fen."""
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}{abs(amount_fen) // 100:,}.{abs(amount_fen) % 100:02d}"


def _by_chinas_clock(found: re.Match[str]) -> str:
    """The moment by China's clock; one that no calendar has, such as the year 0, as it was sent."""
    try:
        return datetime.fromisoformat(found[0]).astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError):
        return found[0]


class _Texts(Formatter):
    """Fills texts; ``{found!y}`` writes an amount in fen as yuan, ``{found!w}`` a detail's Chinese word."""

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        if conversion == "y":
            return yuan(value) if isinstance(value, int) else value
        if conversion == "w":
            return in_chinese(value)
        return super().convert_field(value, conversion)


class _Blank(dict[str, Any]):
    """Details for a text: one that a check did not give shows as a question mark."""

    def __missing__(self, key: str) -> str:
        return "?"


class Explained(SongnuanError):
    """An error with its own stable code and its text in Chinese and English."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        self.code = code
        self.zh = zh
        self.en = en
        super().__init__(en)

    def message(self, language: str = "zh") -> str:
        """The text, in ``zh`` or ``en``."""
        return self.zh if language.startswith("zh") else self.en


class IdentityFault(Explained):
    """A number, card, phone or name is not in the form that its standard asks for."""


class Unavailable(Explained):
    """Nothing was decided; the same call may succeed later.

    ``retry_after_seconds`` is a hint. Where ``code`` is ``outcome-unknown``, the statement may be
    recorded: submit the same bytes again, and the first receipt comes back if it was.
    """

    def __init__(self, code: str, zh: str, en: str, retry_after_seconds: int = 1) -> None:
        super().__init__(code, zh, en)
        self.retry_after_seconds = retry_after_seconds


class Incomplete(Explained):
    """A copy lacks what it should have; nothing of it is taken for whole."""


class Misconfigured(Explained):
    """This process must not serve this database or data folder as it is set up."""
