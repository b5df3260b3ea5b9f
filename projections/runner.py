"""The follower: events in batches → views and tracking, one transaction a batch.

A restart resumes exactly where the last transaction ended, since views and tracking are committed
together. A view that fails stops the follower with the position and the reason; nothing is skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import psycopg
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from psycopg.rows import tuple_row

from ledger.errors import SongnuanError
from projections.balances import Balances
from projections.flags.engine import Flags
from projections.recorded import recorded
from projections.roster import Roster
from projections.view import View

LEDGER = "ledger"
"""The name under which positions of the ledger are tracked."""


class ViewFailed(SongnuanError):
    """A view could not take an event; the follower stands before it."""

    code = "view-failed"

    def __init__(self, position: int, reason: str) -> None:
        self.position = position
        self.reason = reason
        super().__init__(f"the views stopped before position {position}: {reason}")

    def message(self, language: str = "zh") -> str:
        """Where and why, in ``zh`` or ``en``."""
        if language.startswith("zh"):
            return f"视图停在第 {self.position} 号之前：{self.reason}"
        return str(self)


def standard_views() -> list[View]:
    """All views, in the order in which they apply a batch: flags read the others."""
    return [Roster(), Balances(), Flags()]


class Follower:
    """Keeps views up to date with the ledger, in a schema of their own."""

    BATCH_EVENTS: ClassVar[int] = 1000

    def __init__(
        self,
        datastore: PostgresDatastore,
        views: Sequence[View] | None = None,
        *,
        schema: str = "views",
    ) -> None:
        self._datastore = datastore
        self._views = standard_views() if views is None else list(views)
        self._schema = schema
        self._tracking = PostgresTrackingRecorder(datastore, tracking_table_name="views_tracking")

    def prepare(self) -> None:
        """Makes the views' tables, anew where a view's version changed since."""
        self._tracking.create_table()
        wanted = ",".join(f"{view.name}.v{view.version}" for view in self._views)
        with self._datastore.transaction(commit=True) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (self._schema,))
            cursor.execute(
                "SELECT obj_description(to_regnamespace(%s), 'pg_namespace') AS made",
                (self._schema,),
            )
            row: Any = cursor.fetchone()
            if row is not None and row["made"] == wanted:
                return
            cursor.execute(f"DROP SCHEMA IF EXISTS {self._schema} CASCADE")
            cursor.execute(f"CREATE SCHEMA {self._schema}")
            cursor.execute(f"SET LOCAL search_path TO {self._schema}")
            for view in self._views:
                cursor.execute(view.tables)
            cursor.execute(f"COMMENT ON SCHEMA {self._schema} IS '{wanted}'")
            cursor.execute(
                f"DELETE FROM {self._datastore.schema}.views_tracking WHERE application_name = %s",  # noqa: S608 # our own schema
                (self._name(),),
            )

    def position(self) -> int:
        """The last position that the views hold."""
        return self._tracking.max_tracking_id(self._name()) or 0

    def catch_up(self, progress: Callable[[int], None] = lambda position: None) -> int:
        """Applies all that is recorded and not yet in the views; returns the position reached."""
        while True:
            reached = self.step()
            if reached is None:
                return self.position()
            progress(reached)

    def step(self, limit: int | None = None) -> int | None:
        """Applies one batch in one transaction; None where nothing is left.

        Raises:
            ViewFailed: with the position before which the views stand.
        """
        after = self.position()
        with self._datastore.get_connection() as connection:
            rows = connection.execute(
                "SELECT position, data FROM ledger.entries WHERE position > %s"
                " AND statement_id IS NOT NULL ORDER BY position LIMIT %s",
                (after, limit or self.BATCH_EVENTS),
            ).fetchall()
            if not rows:
                return None
            events = [recorded(row["position"], bytes(row["data"])) for row in rows]
            last = events[-1].position
            try:
                with connection.transaction():
                    tracking = connection.cursor()
                    # Every query asks for the few rows that a batch touches: always by index, so that
                    # it costs the same however long the history is.
                    connection.execute(
                        f"SET LOCAL search_path TO {self._schema};"
                        " SET LOCAL enable_seqscan = off; SET LOCAL jit = off"
                    )
                    with connection.cursor(row_factory=tuple_row) as cursor:
                        for view in self._views:
                            view.project(cursor, events)
                    self._tracking._insert_tracking(tracking, Tracking(self._name(), last))
            except (
                SongnuanError,
                psycopg.DataError,
                psycopg.ProgrammingError,
                RuntimeError,
                LookupError,
                TypeError,
                ValueError,
            ) as error:
                if len(events) == 1:
                    raise ViewFailed(last, repr(error)) from error
            else:
                return last
        # Something in the batch cannot be taken: go one by one up to it, so that it is named.
        return self.step(limit=1)

    def _name(self) -> str:
        return f"{self._schema}:{LEDGER}"
