"""Founded ledgers at rest, each made once a day and copied for every test that wants one."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import LiteralString, NamedTuple

import psycopg

from ledger.clock import china_today
from ledger.domain.rules_version import NEWEST
from ledger.postgres.connection import datastore
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from projections.following.runner import Followers
from tests.founding import Founded, prepare

Then = Callable[[Founded], object]

_numbers = itertools.count(1)


class _Pattern(NamedTuple):
    founded: Founded
    database: str
    folder: Path


class Patterns:
    """Ledgers on one server, founded by some version of the rules and followed by their views.

    Founding takes twenty statements, and the views some forty tables: a copy of the database has both.
    A copy is of the day it is asked for, so that its next writer has no day to end.
    """

    def __init__(self, server: EmbeddedServer, template: str, folder: Path) -> None:
        self._server = server
        self._template = template
        self._folder = folder
        self._made: dict[tuple[str, int, Then | None], _Pattern] = {}

    @contextmanager
    def copy(self, folder: Path, *, rules: int = NEWEST, then: Then | None = None) -> Iterator[Founded]:
        """A copy with its secrets in the folder, opened; its database is dropped at the end.

        ``then`` is what happened on the pattern since it was founded.
        """
        pattern = self._pattern(rules, then)
        shutil.copytree(pattern.folder, folder)
        database = f"copy_{os.getpid()}_{next(_numbers)}"
        self._execute(f"CREATE DATABASE {database} TEMPLATE {pattern.database}")
        with OpenStore(Store(folder, self._url(database))) as store:
            yield replace(
                pattern.founded,
                store=store,
                keys=dict(pattern.founded.keys),
                people=deepcopy(pattern.founded.people),
                officials=deepcopy(pattern.founded.officials),
            )
        self._execute(f"DROP DATABASE {database} WITH (FORCE)")

    def _pattern(self, rules: int, then: Then | None) -> _Pattern:
        which = china_today(), rules, then
        if which not in self._made:
            self._made[which] = self._make(f"pattern_{next(_numbers)}", rules, then)
        return self._made[which]

    def _make(self, database: str, rules: int, then: Then | None) -> _Pattern:
        self._execute(f"CREATE DATABASE {database} TEMPLATE {self._template}")
        folder = self._folder / database
        with OpenStore(Store(folder, self._url(database))) as store:
            founded = prepare(store)
            with store.writer() as writer:
                founded.found(writer, rules=rules)
            if then is not None:
                then(founded)
            with closing(datastore(store.url)) as connections:
                followers = Followers(connections)
                followers.prepare()
                followers.catch_up()
        return _Pattern(founded, database, folder)

    def _url(self, database: str) -> str:
        return self._server.url.replace("/songnuan?", f"/{database}?")

    def _execute(self, statement: LiteralString) -> None:
        with psycopg.connect(self._server.url, autocommit=True) as connection:
            connection.execute(statement)
