"""What the write path is measured against: raw inserts, COPY, and the library's own application."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from psycopg.conninfo import conninfo_to_dict

from ledger.interop.recorder import Row
from ledger.postgres import pg_copy

_TABLE = """
    DROP TABLE IF EXISTS raw;
    CREATE TABLE raw (
        position bigint PRIMARY KEY, statement_id uuid UNIQUE, type text NOT NULL,
        data bytea NOT NULL, tags text[] NOT NULL
    ) WITH (toast_tuple_target = 8160);
    ALTER TABLE raw ALTER COLUMN data SET STORAGE EXTERNAL;
    CREATE INDEX ON raw USING gin (tags) WITH (fastupdate = on);
    DROP SEQUENCE IF EXISTS raw_position;
    CREATE SEQUENCE raw_position;
"""


def in_threads(number: int, work: Callable[[int], object]) -> float:
    """Runs the work in that many threads at once; seconds until all are done."""
    threads = [threading.Thread(target=work, args=(index,)) for index in range(number)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def raw_inserts(url: str, threads: int, each: int, data: bytes, tags: list[str]) -> float:
    """Single-row INSERT and COMMIT by psycopg, rows a second."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_TABLE)

    def work(index: int) -> None:
        with psycopg.connect(url) as connection:
            for _ in range(each):
                connection.execute(
                    "INSERT INTO raw VALUES (nextval('raw_position'), %s, %s, %s, %s)",
                    (uuid4(), "Confirmed.v1", data, tags),
                )
                connection.commit()

    return threads * each / in_threads(threads, work)


def copied(url: str, rows: list[Row]) -> float:
    """COPY of the same rows into a table with the same indexes, in one transaction, rows a second."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_TABLE)
        started = time.perf_counter()
        with connection.transaction(), connection.cursor() as cursor:
            stream = pg_copy.rows(
                5,
                [
                    (
                        pg_copy.int8(r.position),
                        pg_copy.raw(r.statement_id),
                        pg_copy.text(r.type),
                        pg_copy.raw(r.data),
                        pg_copy.texts(r.tags),
                    )
                    for r in rows
                ],
            )
            with cursor.copy("COPY raw FROM STDIN (FORMAT binary)") as copy:
                copy.write(stream)
        return len(rows) / (time.perf_counter() - started)


class Recorded(Aggregate):
    """An aggregate of the library, whose events carry as many bytes as an envelope."""

    @event("Started")
    def __init__(self, data: str) -> None:
        self.data = data

    @event("Changed")
    def change(self, data: str) -> None:
        """Another event of that size."""
        self.data = data


def application(url: str) -> Application[UUID]:
    """The library's application on a schema of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS library CASCADE")
        connection.execute("CREATE SCHEMA library")
    known = conninfo_to_dict(url)
    return Application(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(known["dbname"]),
            "POSTGRES_HOST": str(known["host"]),
            "POSTGRES_PORT": "5432",
            "POSTGRES_USER": str(known["user"]),
            "POSTGRES_PASSWORD": "",
            "POSTGRES_SCHEMA": "library",
            "POSTGRES_POOL_SIZE": "8",
        }
    )


def saves(url: str, threads: int, each: int, data: bytes) -> float:
    """The library's ``Application.save`` of one event, saves a second."""
    app = application(url)
    text = data.decode()
    try:
        return (
            threads
            * each
            / in_threads(threads, lambda _: [app.save(Recorded(text)) for _ in range(each)] and None)
        )
    finally:
        app.close()


def saves_of_many(url: str, events: int, a_save: int, data: bytes) -> float:
    """The library's ``Application.save`` with many events a save, events a second."""
    app = application(url)
    text = data.decode()
    aggregates = []
    for _ in range(events // a_save):
        aggregate = Recorded(text)
        for _ in range(a_save - 1):
            aggregate.change(text)
        aggregates.append(aggregate)
    try:
        started = time.perf_counter()
        for aggregate in aggregates:
            app.save(aggregate)
        return events / (time.perf_counter() - started)
    finally:
        app.close()
