"""The catalogue of events: all there, titled, versioned, strict, and readable for ever."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

import ledger.events  # noqa: F401 # makes every event type known
from ledger.domain.event import Event, parse_event, recorded_event
from ledger.domain.fields import Word
from ledger.errors import Refused

# The floor of DOMAIN's catalogue, group by group.
CATALOGUE = [
    "LedgerFounded",
    "UnitRegistered",
    "OfficerEnrolled",
    "RolesChanged",
    "KeyRotated",
    "KeyRevoked",
    "CampaignOpened",
    "PolicyAmended",
    "CampaignClosed",
    "FundAllocated",
    "FundTransferred",
    "FundReturned",
    "DayReconciled",
    "CaseExtended",
    "SampleExamined",
    "DossierFiled",
    "DossierAmended",
    "DossierSealed",
    "DossierErased",
    "IdentityRevealed",
    "Nominated",
    "Confirmed",
    "NoticePosted",
    "ObjectionLodged",
    "ObjectionSettled",
    "Approved",
    "Rejected",
    "Revoked",
    "MoneyDrawn",
    "Disbursed",
    "AidDelivered",
    "RecipientAbsent",
    "PayoutReturned",
    "BankLineMatched",
    "FlagReviewed",
    "CaseOpened",
    "CaseClosed",
    "SanctionImposed",
    "SanctionLifted",
    "ConductReported",
    "SummaryFiled",
]


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_event_of_the_catalogue_is_known(name: str) -> None:
    kind = Event.types[f"{name}.v1"]
    assert any("\u4e00" <= c <= "\u9fff" for c in kind.TITLE_ZH)
    assert kind.TITLE_EN
    assert kind.__doc__


@pytest.mark.parametrize("kind", Event.types.values(), ids=lambda kind: kind.topic())
def test_unknown_fields_are_refused(kind: type[Event]) -> None:
    with pytest.raises(Refused) as refusal:
        parse_event(kind.topic(), {"surprise": 1})
    assert refusal.value.code == "body-invalid"
    assert any(problem.startswith("surprise") for problem in refusal.value.details["problems"])


def test_an_unknown_type_is_refused() -> None:
    for topic in ("Invented.v1", "Disbursed.v2"):
        with pytest.raises(Refused) as refusal:
            parse_event(topic, {})
        assert refusal.value.code == "type-unknown"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"campaign": "b", "line": "l", "amount_fen": 0}, "amount-not-positive"),
        ({"campaign": "b", "line": "l", "amount_fen": -5}, "amount-not-positive"),
        ({"campaign": "b", "line": "l", "amount_fen": 1.0}, "body-invalid"),
        ({"campaign": "b", "line": "l", "amount_fen": "1"}, "body-invalid"),
        ({"campaign": "b", "line": "l", "amount_fen": True}, "body-invalid"),
        ({"campaign": "b", "line": "l", "amount_fen": 2**53}, "body-invalid"),
        ({"campaign": "大", "line": "l", "amount_fen": 1}, "body-invalid"),
        ({"campaign": "b", "line": "l"}, "body-invalid"),
    ],
)
def test_amounts_and_codes(body: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_event("FundAllocated.v1", body)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("身份证 350602199001011237 的同志", "resident-number"),
        ("3506 0219 9001 0112 37", "resident-number"),
        ("３５０６０２１９９００１０１１２３７", "resident-number"),
        ("35060219900101123X", "resident-number"),
        ("旧证350602900101123", "resident-number"),
        ("电话13805961234", "phone"),
        ("86-138-0596-1234", "phone"),
        ("卡号 6228480402564890018", "bank-card"),
    ],
)
def test_free_text_that_holds_an_identity_is_refused(text: str, found: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_event(
            "Rejected.v1",
            {
                "campaign": "b",
                "unit": "u",
                "case": "019bf000-0000-7000-8000-000000000000",
                "reason": text,
            },
        )
    assert refusal.value.code == "text-holds-identity"
    assert refusal.value.details["found"] == found


@pytest.mark.parametrize("text", ["a\x00b", "a\tb", " a", "a ", "", "x" * 201])
def test_text_that_is_no_clean_line_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_event("UnitRegistered.v1", {"unit": "u", "name": text, "level": "town"})
    assert refusal.value.code == "body-invalid"


@pytest.mark.parametrize(
    "text", ["2026年1月15日发放500.00元", "县财社〔2025〕88号", "共 340000 元，90 人", "凭证 000123456789"]
)
def test_ordinary_text_passes(text: str) -> None:
    parse_event(
        "Rejected.v1",
        {
            "campaign": "b",
            "unit": "u",
            "case": "019bf000-0000-7000-8000-000000000000",
            "reason": text,
        },
    )


def test_an_older_version_stays_readable() -> None:
    class SeatTakenV1(Event):
        NAME: ClassVar[str] = "SeatTaken"
        TITLE_ZH: ClassVar[str] = "入座"
        TITLE_EN: ClassVar[str] = "Seat taken"
        seat: int

        def upcast(self) -> Event:
            return SeatTaken(row="a", seat=self.seat)

    class SeatTaken(Event):
        VERSION: ClassVar[int] = 2
        TITLE_ZH: ClassVar[str] = "入座"
        TITLE_EN: ClassVar[str] = "Seat taken"
        ROLES: ClassVar[frozenset[str]] = frozenset({"clerk"})
        row: Word
        seat: int

    try:
        assert parse_event("SeatTaken.v1", {"seat": 7}) == SeatTaken(row="a", seat=7)
        assert recorded_event("SeatTaken.v1", {"seat": 7}) == SeatTaken(row="a", seat=7)
        assert parse_event("SeatTaken.v2", {"row": "b", "seat": 7}) == SeatTaken(row="b", seat=7)
        with pytest.raises(RuntimeError):
            type(
                "SeatTaken",
                (SeatTaken,),
                {"VERSION": 2, "TITLE_ZH": "入座", "__annotations__": {}, "__module__": __name__},
            )
    finally:
        for topic in ("SeatTaken.v1", "SeatTaken.v2"):
            del Event.types[topic], Event.builds[topic]


def test_an_event_that_says_nothing_of_who_signs_it_does_not_load() -> None:
    with pytest.raises(RuntimeError, match="Unsigned says neither"):
        type(
            "Unsigned",
            (Event,),
            {"TITLE_ZH": "无人", "TITLE_EN": "Unsigned", "__annotations__": {}, "__module__": __name__},
        )
    assert "Unsigned.v1" not in Event.types


def test_a_type_that_was_never_known_is_not_built_either() -> None:
    with pytest.raises(Refused) as refusal:
        recorded_event("SeatLost.v1", {})
    assert refusal.value.code == "type-unknown"
