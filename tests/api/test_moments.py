"""As of when: the moment that a text means."""

from __future__ import annotations

import pytest

from api.queries.moments import moment_of
from ledger.errors import Refused


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("2026-01-12", "2026-01-12T23:59:59.999999+08:00"),
        ("2026-W03-1", "2026-01-12T23:59:59.999999+08:00"),
        ("2026W031", "2026-01-12T23:59:59.999999+08:00"),
        ("2026-01-12T09:30", "2026-01-12T09:30:00+08:00"),
        ("2026-01-12 09:30", "2026-01-12T09:30:00+08:00"),
        ("2026-W03-1T09:30", "2026-01-12T09:30:00+08:00"),
        ("20260112T093000Z", "2026-01-12T09:30:00+00:00"),
        ("9999-12-31", "9999-12-31T23:59:59.999999+08:00"),
    ],
)
def test_a_day_means_its_end_and_a_time_is_chinas(text: str, means: str) -> None:
    assert moment_of(text).isoformat() == means


@pytest.mark.parametrize(
    "text",
    [
        "2026-W03",
        "2026-01",
        "2026-012",
        "2026-02-30",
        "2026-W54-1",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "today",
        "",
        "2026-01-12T",
        "٢٠٢٦-٠١-١٢",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        moment_of(text)
    assert caught.value.code == "moment-malformed"
