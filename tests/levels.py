"""Two levels for tests: a county that paid one case and declares a fen too much, and the ledger that follows it."""

from __future__ import annotations

from pathlib import Path

from api.federation.duty import writers_desk
from api.federation.following import Following
from ledger.clock import utc_now
from ledger.crypto.keys import new_key, public_hex
from ledger.events.campaign import SummaryFiled
from ledger.events.federation import LedgerFollowed
from ledger.federation.own_log import OwnLog
from tests.founding import Founded
from tests.patterns import Patterns


def paid_and_declared(founded: Founded) -> None:
    """One case is paid, and declared with a fen too much."""
    with founded.store.writer(clock=founded.clock) as writer:
        founded.paid(writer)
        said = SummaryFiled(campaign="b2026", unit="tea", persons=1, amount_fen=50_001, text="完成")
        founded.record(writer, "tea-clerk", said)


def follow_two(upper: Founded, patterns: Patterns, folder: Path) -> None:
    """The upper ledger follows the county, whose log it read, and another that it never reached."""
    with (
        patterns.copy(folder / "county", then=paid_and_declared) as county,
        upper.store.writer() as writer,
        county.store.connect() as connection,
    ):
        for code, ledger, name, region in (
            ("north", county.ledger, "北县总工会", "430181"),
            ("south", "0194f000-0000-4000-8000-000000000009", "南县总工会", "430281"),
        ):
            upper.record(
                writer,
                "registrar",
                LedgerFollowed(
                    followed=code, ledger=ledger, name=name, level="county", region=region,
                    public_key=county.store.ledger_public_key() if code == "north" else public_hex(new_key()),
                ),
            )  # fmt: skip
        desk = writers_desk(upper.store, writer)
        following = Following(upper.store.folder, desk.state, desk.record, utc_now)
        found = following.round("north", OwnLog(connection))
        assert found.error is None, found
