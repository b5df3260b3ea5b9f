"""The ledger as an application of the eventsourcing library's, whose events projections follow.

    with ProjectionRunner(
        application_class=Ledger,
        projection_class=MyProjection,
        view_class=MyView,
        env={"LEDGER_DATABASE_URL": "postgresql://…", "MYPROJECTION_PERSISTENCE_MODULE": "eventsourcing.sqlite", …},
    ) as runner:
        runner.run_forever()

A projection's ``topics`` are types as statements name them (``Disbursed.v1``), its events
:class:`Recorded`, and the tracking's notification id is the position. An example is
``examples/follow_ledger.py``.
"""

from __future__ import annotations

from collections.abc import Mapping

from eventsourcing.dcb.api import DCBEvent
from eventsourcing.dcb.application import DCBApplication
from eventsourcing.dcb.domain import Decision, Tagged
from eventsourcing.dcb.persistence import DCBInfrastructureFactory, DCBMapper
from eventsourcing.persistence import TrackingRecorder
from eventsourcing.utils import Environment, EnvType

import ledger.events  # noqa: F401 # types are known once their classes are
from ledger.domain.entry import act_of
from ledger.domain.event import Event, VerifiedEvent
from ledger.interop.recorder import PostgresLedgerRecorder
from ledger.postgres.connection import datastore


class Recorded(Decision):
    """A decision of the library's that says what was recorded: the event, with all that came with it."""

    def __init__(self, act: VerifiedEvent) -> None:
        self.act = act

    @property
    def event(self) -> Event:
        """What happened, in its newest shape."""
        return self.act.event


class EntryMapper(DCBMapper[Recorded]):
    """Reads entries. None is written: what is recorded is what officers signed and the writer admitted."""

    def to_dcb_event(self, event: Tagged[Recorded]) -> DCBEvent:
        """Refuse; misuse, since statements are submitted over HTTP or by the command."""
        raise RuntimeError("the ledger records signed statements alone: submit them, see docs/api.md")

    def to_domain_event(self, event: DCBEvent) -> Tagged[Recorded]:
        """What an entry says. Its signatures are not checked here again: ``songnuan verify ledger`` does."""
        return Tagged(tags=event.tags, decision=Recorded(act_of(event.data)))


class LedgerFactory(DCBInfrastructureFactory[TrackingRecorder]):
    """Makes the recorder from ``LEDGER_DATABASE_URL``, over sessions that cannot write.

    Raises:
        OSError: no URL is set, as the library's own factories say it.
    """

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        url = self.env.get("DATABASE_URL")
        if not url:
            raise OSError(f"no database is named: set {self.env.create_keys('DATABASE_URL')[0]}")
        self.connections = datastore(url, "default_transaction_read_only=on")

    def dcb_recorder(self) -> PostgresLedgerRecorder:
        """The recorder over the ledger's entries; their table is there."""
        return PostgresLedgerRecorder(self.connections)

    def close(self) -> None:
        """Give the connections back."""
        self.connections.close()


class Ledger(DCBApplication):
    """The ledger, to be followed; positions are tracked under the name ``ledger``."""

    name = "ledger"
    env: Mapping[str, str] = {
        "LEDGER_PERSISTENCE_MODULE": f"{LedgerFactory.__module__}:{LedgerFactory.__qualname__}",
        "LEDGER_MAPPER_TOPIC": f"{EntryMapper.__module__}:{EntryMapper.__qualname__}",
        # The library looks for the mapper under the name without the application's, too.
        "MAPPER_TOPIC": f"{EntryMapper.__module__}:{EntryMapper.__qualname__}",
    }
