"""What a command hands in, compared at once where the policy asks for it (申报时比对): a folder has no service that would."""

from __future__ import annotations

from api.cli.language import say
from api.cli.opening import views
from api.cli.output import errors
from api.cli.recording import record_shown
from api.linkage.at_filing import FilingComparison, Waiting, asking, by_the_ledger, waiting
from ledger.storage.store import OpenStore
from ledger.writing.writer import Writer


def compare_filed(store: OpenStore, writer: Writer, campaign: str) -> None:
    """Compares whom a campaign was handed since, and says how many pairs were found.

    Raises:
        Unavailable: ``access-log-unavailable``; then nothing was read.
    """

    def note(filed: Waiting, persons: int) -> None:
        record_shown(store, kind="identities", campaign=filed.campaign, unit=filed.unit, rows=persons)

    with store.connect() as connection:
        asks = next((each for each in asking(connection) if each.campaign == campaign), None)
        if asks is None:
            return
        with views(store) as followers, errors.rich.status(say("申报时比对中", "comparing what was filed")):
            filed = waiting(connection, asks, followers.position())
            if filed is None:
                return
            comparison = FilingComparison(store.vault(), by_the_ledger(store, writer), note)
            pairs = comparison.compare(connection, filed)
    errors.print(
        say(
            f"按活动方案已作申报时比对：发现 {pairs} 对，列为疑点，由纪检、审计核查",
            f"compared at filing, as the policy asks: {pairs} pairs found, flagged for inspectors and auditors",
        )
    )
