"""A ledger's store (台账所在): its database, its data folder with the secrets, and who owns what.

The folder and the database must belong together: ``ledger.json`` names the ledger that the folder's
secrets are for, and the founding statement in the database names it too.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.clock import utc_now
from ledger.crypto.keys import public_hex
from ledger.errors import Misconfigured
from ledger.identity.blind_index import Marker
from ledger.identity.secrets import (
    EVALUATOR_KEY,
    Folder,
    LedgerSecrets,
    create_secrets,
    evaluator_seeds,
    load_secrets,
    source_of,
)
from ledger.identity.vault import Vault
from ledger.log.checkpoint import origin_of
from ledger.log.high_water import CheckpointMemory
from ledger.log.note import NoteKey, note_key
from ledger.postgres import migrations
from ledger.postgres.connection import ANSWER_SECONDS, connect
from ledger.postgres.encoding import check_encoding
from ledger.postgres.session_check import check_session
from ledger.postgres.unreachable import not_reached
from ledger.storage import state_version
from ledger.storage.cards import parse_card
from ledger.storage.data_folder import check_folder
from ledger.storage.embedded import EmbeddedServer
from ledger.writing.writer import Writer, WriterSettings

OLDEST_POSTGRESQL = 150_000
CARD = "ledger.json"
"""The file in the data folder that says whose secrets lie there."""


@dataclass(frozen=True)
class Store:
    """Where a ledger lives: a PostgreSQL URL, and a folder; without a URL the embedded server.

    ``secrets`` says where its secrets come from, see :func:`ledger.identity.secrets.source_of`.
    """

    folder: Path
    database_url: str | None = None
    secrets: str = "folder"


class OpenStore:
    """An opened store: a migrated database that belongs to the folder. A context manager.

    Raises on entering:
        Misconfigured: ``pooler-refused``, ``database-encoding``, ``postgresql-too-old``, ``schema-newer``,
            ``another-ledger``, ``secrets-missing`` or ``data-folder-invalid``.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stack = ExitStack()
        self.url = ""
        self.ledger: str | None = None
        self.name: str | None = None
        self.server: EmbeddedServer | None = None

    def __enter__(self) -> OpenStore:
        check_folder(self._store.folder)
        with ExitStack() as stack:
            if self._store.database_url is None:
                self.server = EmbeddedServer(self._store.folder)
                # Making a database anew would be the end of one that was only damaged.
                if not self.server.has_data and ledger_of_folder(self._store.folder) is not None:
                    self.server.check_no_upgrade_under_way()
                    raise not_founded(self._store.folder)
                stack.enter_context(self.server)
                self.url = self.server.url
            else:
                self.url = self._store.database_url
                with self.connect(prepare_threshold=None, answer_seconds=ANSWER_SECONDS) as connection:
                    check_encoding(connection)
                    check_session(self.url, connection)
            with self.connect() as connection:
                _check_version(connection)
                migrations.migrate(connection)
                state_version.bring_up_to_date(connection)
                self._check_ownership(connection)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def connect(
        self, *, prepare_threshold: int | None = 5, answer_seconds: float | None = None
    ) -> psycopg.Connection:
        """A new connection, in autocommit."""
        try:
            return connect(self.url, prepare_threshold=prepare_threshold, answer_seconds=answer_seconds)
        except psycopg.OperationalError as error:
            raise not_reached(self.url, error) from None

    def secrets(self) -> LedgerSecrets:
        """The ledger's own secrets."""
        return load_secrets(source_of(self._store.secrets, self.secrets_folder.path))

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self._store.folder

    @property
    def checkpoint_memory(self) -> CheckpointMemory:
        """The highest checkpoint that this data folder has seen."""
        return CheckpointMemory(self._store.folder)

    @property
    def secrets_folder(self) -> Folder:
        """The folder where secrets are kept, unless they come from elsewhere."""
        return Folder(self._store.folder / "secrets")

    def create_secrets(self, ledger: str) -> LedgerSecrets:
        """Makes the secrets of a new ledger; refuses a folder or database that has one already."""
        if self.ledger is not None or self._card().exists():
            raise Misconfigured(
                "already-founded",
                f"数据目录 {self._store.folder} 已属于台账 {self.ledger or ledger_of_folder(self._store.folder)}：建立"
                "新台账请用空目录（SONGNUAN_DATA_DIR）；其数据库在别处的，请设置 SONGNUAN_DATABASE_URL",
                f"the data folder {self._store.folder} is that of ledger"
                f" {self.ledger or ledger_of_folder(self._store.folder)}: take an empty one (SONGNUAN_DATA_DIR) for a"
                " new ledger; where its database is elsewhere, set SONGNUAN_DATABASE_URL",
            )
        if self._store.secrets == "folder":
            create_secrets(self.secrets_folder)
        secrets = self.secrets()
        self._card().write_bytes(orjson.dumps({"ledger": ledger}))
        self.ledger = ledger
        return secrets

    def evaluator_seeds(self) -> dict[int, bytes]:
        """What this ledger's keys of evaluation are derived from, by year."""
        return evaluator_seeds(source_of(self._store.secrets, self.secrets_folder.path))

    def make_evaluator_seed(self, year: int) -> None:
        """Make what the key of a year is derived from, where there is none yet.

        Raises:
            Misconfigured: ``secrets-missing`` where secrets come from elsewhere and do not hold it.
        """
        if year in self.evaluator_seeds():
            return
        if self._store.secrets != "folder":
            raise Misconfigured(
                "secrets-missing",
                f"请先在密钥来源中放入 {EVALUATOR_KEY}.{year}",
                f"put {EVALUATOR_KEY}.{year} where the secrets come from first",
            )
        self.secrets_folder.write(f"{EVALUATOR_KEY}.{year}")

    def destroy_evaluator_seed(self, year: int) -> None:
        """Destroy what the key of a year is derived from, where it lies in the folder."""
        name = f"{EVALUATOR_KEY}.{year}"
        if self._store.secrets != "folder" or name not in self.secrets_folder.names():
            raise Misconfigured(
                "secrets-missing",
                f"数据目录中没有 {name}：密钥在别处的，请在该处销毁",
                f"there is no {name} in the data folder: where secrets come from elsewhere, destroy it there",
            )
        self.secrets_folder.destroy(name)

    def vault(self) -> Vault:
        """The vault under its keys."""
        return Vault(self.secrets().vault_keys)

    def marker(self) -> Marker:
        """The blind indexes under the folder's key."""
        return Marker(self.secrets().mark_key)

    def writer(
        self,
        *,
        clock: Callable[[], datetime] = utc_now,
        settings: WriterSettings | None = None,
        guards_clock: bool | None = None,
        accepts_set_back: bool = False,
    ) -> Writer:
        """This database's writer, to be entered.

        The machine's clock is guarded, and another (a story's, a simulation's) only where it is said.
        ``accepts_set_back`` takes the database as it is, whatever the data folder remembers of it.
        """
        return Writer(
            self.url,
            marker=self.marker(),
            vault=self.vault(),
            ledger_key=self.ledger_key(),
            former_keys=self._ledger_keys(),
            clock=clock,
            settings=settings,
            guards_clock=clock is utc_now if guards_clock is None else guards_clock,
            memory=None if accepts_set_back else self.checkpoint_memory,
        )

    def ledger_key(self) -> Ed25519PrivateKey:
        """The ledger's own key, which is no officer's: the version that is enrolled.

        Raises:
            Misconfigured: ``secrets-missing`` where the enrolled one is not among the secrets.
        """
        keys = self._ledger_keys()
        with self.connect() as connection:
            row = connection.execute(
                "SELECT value ->> 'ledger_key' FROM ledger.standing WHERE key = 'book/ledger'"
            ).fetchone()
        if row is None:
            return keys[-1]
        for key in keys:
            if public_hex(key) == row[0]:
                return key
        raise Misconfigured(
            "secrets-missing",
            "台账密钥中没有已登记的那一把",
            "the ledger's key that is enrolled is not among its secrets",
        )

    def next_ledger_key(self) -> Ed25519PrivateKey:
        """The version of the ledger's key that is to be enrolled next; made where there is none yet.

        Raises:
            Misconfigured: ``secrets-missing`` where secrets come from elsewhere and hold no newer one.
        """
        newest = self._ledger_keys()[-1]
        if public_hex(newest) != self.ledger_public_key():
            return newest
        if self._store.secrets != "folder":
            raise Misconfigured(
                "secrets-missing",
                "请先在密钥来源中放入新的 ledger_key 版本",
                "put a new version of ledger_key where the secrets come from first",
            )
        self.secrets_folder.write(f"ledger_key.{max(self.secrets().ledger_keys) + 1}")
        return self._ledger_keys()[-1]

    def _ledger_keys(self) -> list[Ed25519PrivateKey]:
        """All versions of it, the newest last."""
        versions = self.secrets().ledger_keys
        return [Ed25519PrivateKey.from_private_bytes(versions[each]) for each in sorted(versions)]

    def ledger_public_key(self) -> str:
        """The ledger's own public key, hex."""
        return public_hex(self.ledger_key())

    def verifier_key(self) -> NoteKey:
        """The key that the log's checkpoints are verified with; the ledger must be founded."""
        if self.ledger is None:
            raise RuntimeError("the ledger is not founded")
        return note_key(self.ledger_key(), origin_of(self.ledger))

    def log_keys(self) -> tuple[NoteKey, ...]:
        """The keys of all checkpoints, of before and after each rotation."""
        return tuple(note_key(key, origin_of(self.ledger or "")) for key in self._ledger_keys())

    def _card(self) -> Path:
        return self._store.folder / CARD

    def _check_ownership(self, connection: psycopg.Connection) -> None:
        row = connection.execute(
            "SELECT value ->> 'ledger', value ->> 'name' FROM ledger.standing WHERE key = 'book/ledger'"
        ).fetchone()
        in_database = row[0] if row is not None else None
        in_folder = ledger_of_folder(self._store.folder)
        if in_database is not None and in_database != in_folder:
            raise Misconfigured(
                "another-ledger",
                f"数据库属于台账 {in_database}，数据目录 {self._store.folder} 属于台账 {in_folder or '（无）'}",
                f"the database belongs to ledger {in_database}, the data folder"
                f" {self._store.folder} to {in_folder or 'none'}",
            )
        self.ledger = in_database
        self.name = row[1] if row is not None else None


def ledger_of_folder(folder: Path) -> str | None:
    """The ledger whose secrets a data folder holds; None where it holds none.

    Raises:
        Misconfigured: ``data-folder-damaged``.
    """
    card = folder / CARD
    if not card.exists():
        return None
    return parse_card(card.read_bytes(), lambda said: str(said["ledger"]), _card_damaged(card))


def not_founded(folder: Path | None = None) -> Misconfigured:
    """``not-founded``; where the folder is that of a ledger, which is then in another database, ``database-elsewhere``."""
    owner = None if folder is None else ledger_of_folder(folder)
    if owner is not None:
        return Misconfigured(
            "database-elsewhere",
            f"数据目录 {folder} 属于台账 {owner}，但此数据库中没有该台账：请把 SONGNUAN_DATABASE_URL 设为其数据库的地址；"
            "数据库已丢失的，运行 songnuan backup restore；建立台账时中断的，请改用空目录",
            f"the data folder {folder} is that of ledger {owner}, which this database does not hold: set"
            " SONGNUAN_DATABASE_URL to where its database is; where it is lost, run songnuan backup restore; where"
            " the founding was interrupted, take an empty folder",
        )
    return Misconfigured(
        "not-founded",
        "此处还没有台账：先运行 songnuan init",
        "there is no ledger here yet: run songnuan init first",
    )


def _card_damaged(card: Path) -> Misconfigured:
    return Misconfigured(
        "data-folder-damaged",
        f"{card} 已损坏：请从数据目录的备份中取回此文件，或用 songnuan backup restore 恢复到新的数据目录",
        f"{card} is damaged: take it back from a copy of the data folder, or restore into a new one with"
        " songnuan backup restore",
    )


def _check_version(connection: psycopg.Connection) -> None:
    found = connection.info.server_version
    if found < OLDEST_POSTGRESQL:
        raise Misconfigured(
            "postgresql-too-old",
            f"PostgreSQL 需要 15 或更新，现为 {found // 10000}",
            f"PostgreSQL 15 or later is needed, found {found // 10000}",
        )
