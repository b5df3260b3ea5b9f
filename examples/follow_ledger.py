"""Another program: follow the ledger with a projection of the eventsourcing library's, in a database of its own.

    pip install 'songnuan[service]'
    LEDGER_DATABASE_URL=postgresql://… python follow_ledger.py paid.sqlite
    python follow_ledger.py paid.sqlite --show

Keeps what each unit paid, less what came back, as payouts are recorded, and prints unit, yuan and position
of each change with a tab between. Sum and position are kept in one transaction: run again, it goes on
where it was, and counts nothing twice. It reads the ledger's entries alone, in sessions that cannot write.
Interrupt it to end it; ends with 3 where the ledger cannot be read. ``--show`` prints the sums so far and
asks no ledger. docs/following.md explains it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from eventsourcing.dcb.domain import Tagged
from eventsourcing.persistence import IntegrityError, PersistenceError, Tracking
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.sqlite import SQLiteDatastore, SQLiteTrackingRecorder

from ledger.events.payout import Disbursed, PayoutReturned
from ledger.interop.application import Ledger, Recorded


class PaidSums(SQLiteTrackingRecorder):
    """A table of units and fen, beside the library's own of how far it is."""

    def construct_create_table_statements(self) -> list[str]:
        """The tracking's tables, and ours."""
        ours = "CREATE TABLE IF NOT EXISTS paid (unit TEXT PRIMARY KEY, amount_fen INTEGER NOT NULL)"
        return [*super().construct_create_table_statements(), ours]

    def add(self, unit: str, amount_fen: int, tracking: Tracking) -> int:
        """Add to a unit's sum, and note the position with it; the new sum.

        Raises:
            IntegrityError: the position was counted before.
        """
        with self.datastore.transaction(commit=True) as cursor:
            noted = {
                "application_name": tracking.application_name,
                "notification_id": tracking.notification_id,
            }
            cursor.execute(self.insert_tracking_statement, noted)
            if cursor.fetchone() is None:
                raise IntegrityError(f"position {tracking.notification_id} was counted before")
            cursor.execute(
                "INSERT INTO paid VALUES (?, ?)"
                " ON CONFLICT (unit) DO UPDATE SET amount_fen = amount_fen + excluded.amount_fen",
                (unit, amount_fen),
            )
            cursor.execute("SELECT amount_fen FROM paid WHERE unit = ?", (unit,))
            row = cursor.fetchone()
            assert row is not None
            return int(row["amount_fen"])

    def sums(self) -> list[tuple[str, int]]:
        """Each unit with its sum in fen."""
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute("SELECT unit, amount_fen FROM paid ORDER BY unit")
            return [(row["unit"], row["amount_fen"]) for row in cursor.fetchall()]


class PaidByUnit(Projection[PaidSums]):
    """What each unit paid, less what came back."""

    name = "paidbyunit"
    topics = (Disbursed.topic(), PayoutReturned.topic())

    def process_event(self, domain_event: Tagged[Recorded], tracking: Tracking) -> None:
        """Count a payout, or what came back of one; goods that came back are noted, and are no money."""
        match domain_event.decision.event:
            case Disbursed(unit=unit, amount_fen=amount_fen):
                change_fen = amount_fen
            case PayoutReturned(unit=unit, amount_fen=amount_fen, line=str()):
                change_fen = -amount_fen
            case PayoutReturned(unit=unit):
                change_fen = 0
            case other:
                raise AssertionError(f"{other.topic()} is none of the topics")
        sum_fen = self.view.add(unit, change_fen, tracking)
        print(f"{unit}\t{sum_fen / 100:.2f}\t{tracking.notification_id}", flush=True)


def show(database: Path) -> None:
    """Print the sums so far."""
    datastore = SQLiteDatastore(str(database))
    view = PaidSums(datastore)
    view.create_table()
    print(f"up to position {view.max_tracking_id(Ledger.name) or 0}")
    for unit, amount_fen in view.sums():
        print(f"{unit}\t{amount_fen / 100:.2f}")
    datastore.close()


def main() -> int:
    """Follow until interrupted; the exit code."""
    parser = argparse.ArgumentParser(description="Follow the ledger and keep what each unit paid.")
    parser.add_argument("database", type=Path, help="a SQLite file of its own, made where it is not there")
    parser.add_argument("--show", action="store_true", help="print the sums so far, and follow nothing")
    given = parser.parse_args()
    if given.show:
        show(given.database)
        return 0
    settings = {
        "PAIDBYUNIT_PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "PAIDBYUNIT_SQLITE_DBNAME": str(given.database),
    }
    try:
        with ProjectionRunner(
            application_class=Ledger, projection_class=PaidByUnit, view_class=PaidSums, env=settings
        ) as runner:
            runner.run_forever()
    except KeyboardInterrupt:
        return 0
    except (PersistenceError, OSError) as error:
        print(f"the ledger cannot be read: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
