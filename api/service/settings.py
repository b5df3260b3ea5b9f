"""Settings, from the environment (``SONGNUAN_…``) and from ``songnuan.toml``; the first wins."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

import orjson
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, Field, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from api.service.origins import normal_origin
from api.service.proxies import ForwardedHeader, is_everybody, parse_networks
from api.service.settings_errors import SettingsWrong, WrongSetting, settings_explained
from ledger.errors import Refused
from ledger.log.note import NoteKey, parse_key
from ledger.storage.store import Store
from ledger.validation_words import ValueProblem

FILE = "songnuan.toml"

DEMO_MARK = "songnuan-demo"
"""The file that says that a data folder is a demonstration's."""


def default_data_dir() -> Path:
    """``/var/lib/songnuan`` for root, else below the user's data folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/songnuan")
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "songnuan"


def _check_database_url(url: str) -> str:
    """A URL or a string of keywords that libpq reads as it was meant, without quoting any of it."""
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError:
        raise _NO_DATABASE_URL from None
    texts = {name: str(value) for name, value in parts.items() if value is not None}
    ports = [port for port in texts.get("port", "").split(",") if port]
    # A password with @, / or : that is not percent-encoded becomes host, port or database.
    misread = "@" in texts.get("host", "") + texts.get("dbname", "") or not all(map(str.isdecimal, ports))
    if misread or any(int(port) > 65535 for port in ports):
        raise _NO_DATABASE_URL
    for name in WHOLE_NUMBERS & texts.keys():
        if re.fullmatch(r"-?\d{1,9}", texts[name].strip()) is None:
            raise ValueProblem(f"其中的 {name} 应为整数", f"its {name} is to be a whole number")
    return url


WHOLE_NUMBERS = frozenset(
    {
        "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
        "tcp_user_timeout",
    }
)  # fmt: skip
"""Options of libpq that are numbers: it says so of another value only as it connects."""


_NO_DATABASE_URL = ValueProblem(
    "应为 postgresql://用户:口令@主机:端口/数据库，口令中的特殊字符须写成百分号编码",
    "expected postgresql://user:password@host:port/database, with special characters of the password"
    " percent-encoded",
)


def _check_witnesses(witnesses: dict[str, str]) -> dict[str, str]:
    for url, key in witnesses.items():
        _check_http_url(url)
        try:
            parse_key(key)
        except Refused as refusal:
            raise ValueProblem(refusal.message("zh"), refusal.message("en")) from None
    return witnesses


def _check_followed(addresses: dict[str, str]) -> dict[str, str]:
    for url in addresses.values():
        _check_http_url(url)
    return addresses


def _check_http_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port)
    except ValueError:
        sound = False
    if not sound:
        raise ValueProblem("应为 http:// 或 https:// 地址", "expected an http:// or https:// URL")
    return url


DatabaseUrl = Annotated[str, AfterValidator(_check_database_url)]
HttpUrl = Annotated[str, AfterValidator(_check_http_url)]
LogLevel = Literal["debug", "info", "warning", "error"]


class _Environment(EnvSettingsSource):
    """The environment, where what should be JSON and is none is left to the setting to refuse."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """What the JSON says, or the text as it is."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value

    def __call__(self) -> dict[str, Any]:
        """What it says, but for what is left out."""
        return _kept(self.settings_cls, super().__call__())


class _File(TomlConfigSettingsSource):
    """The settings' file."""

    def __call__(self) -> dict[str, Any]:
        """What it says, but for what is left out."""
        return _kept(self.settings_cls, super().__call__())


def _kept(settings: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in settings.LEFT_OUT}


class Settings(BaseSettings):
    """What can be set; every name also as ``SONGNUAN_<NAME>`` in the environment.

    Raises on construction:
        Misconfigured: ``setting-invalid``, ``setting-unknown`` or ``settings-file-malformed``, which
            name the setting and never quote a value that may be secret.
    """

    model_config = SettingsConfigDict(env_prefix="SONGNUAN_", toml_file=FILE, extra="forbid")

    LEFT_OUT: ClassVar[frozenset[str]] = frozenset()
    """Names that are not read, whatever they are set to, and the settings' file where its name is among them."""

    def __init__(self, **given: Any) -> None:
        with settings_explained(type(self), None if FILE in self.LEFT_OUT else FILE):
            super().__init__(**given)

    database_url: DatabaseUrl | None = None
    """A PostgreSQL 15 or later; without it the embedded one."""

    read_database_url: DatabaseUrl | None = None
    """A replica of that database, which answers the questions; statements go to the primary."""

    data_dir: Path = Field(default_factory=default_data_dir)
    """The ledger's secrets, and the embedded database."""

    secrets: str = "folder"
    """Where the ledger's secrets come from: folder, environment, or command:PROGRAM."""

    lang: Literal["zh", "en"] = "zh"

    log_level: LogLevel | None = None
    """What the log tells; without it, ``info`` of the service and ``warning`` of other commands."""

    log_format: Literal["console", "json"] = "console"

    backup_target: str | None = None
    """Where ``backup keep`` keeps backups: a folder, or s3://bucket/prefix."""

    postgresql_programs: Path | None = None
    """The folder of the programs that restore and rehearse, where the database is of another major version than
    the packaged one, like /usr/lib/postgresql/17/bin."""

    peers: Annotated[list[DatabaseUrl], NoDecode] = Field(default_factory=list)
    """The databases that may go on in this one's place: one URL, or a JSON list of them. Where one of
    them records under a newer epoch, this one stops."""

    origins: Annotated[list[str], NoDecode] = Field(default_factory=list)
    """Where the pages are, like https://ledger.example, with commas between; by default the loopback
    addresses of the port that is served."""

    trusted_proxies: Annotated[list[str], NoDecode] = Field(default_factory=list)
    """Addresses and networks of proxies whose forwarded headers are believed, with commas between."""

    forwarded_header: ForwardedHeader = "x-forwarded-for"
    """Which header those proxies write: x-forwarded-for, or forwarded (RFC 7239)."""

    witnesses: Annotated[dict[str, str], AfterValidator(_check_witnesses)] = Field(default_factory=dict)
    """Who cosigns the checkpoints: a verifier key for each URL."""

    follow: Annotated[dict[str, str], AfterValidator(_check_followed)] = Field(default_factory=dict)
    """The ledgers below that the service reads: a URL for each code that they are followed under."""

    reader_key: Path | None = None
    """The file of the key by which ledgers below are read, Ed25519; without it none is read."""

    reader_passphrase_file: Path | None = None
    """The file with that key's passphrase."""

    follow_seconds: Annotated[float, Field(ge=0.2, le=86_400)] = 3.0
    """Every how many seconds each of them is read."""

    fellows: Annotated[list[HttpUrl], NoDecode] = Field(default_factory=list)
    """Who else is shown checkpoints of the same ledgers, upper ledgers' ``/federation`` and witnesses, with commas between."""

    timestamp_authority: HttpUrl | None = None
    """The URL of an RFC 3161 authority that stamps the checkpoints."""

    timestamp_roots: Path | None = None
    """A PEM file with the root certificates that the authority is verified by."""

    @field_validator("origins", "trusted_proxies", "fellows", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return [part.strip() for part in value.split(",") if part.strip()]

    @field_validator("peers", mode="before")
    @classmethod
    def _read_peers(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return orjson.loads(value) if value.lstrip().startswith("[") else [value]

    @field_validator("origins")
    @classmethod
    def _normalise_origins(cls, value: list[str]) -> list[str]:
        try:
            return [normal_origin(each) for each in value]
        except ValueError:
            raise ValueProblem(
                "应为网页地址的协议、主机与端口，如 https://ledger.example",
                "expected origins like https://ledger.example",
            ) from None

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, value: list[str]) -> list[str]:
        try:
            networks = parse_networks(value)
        except ValueError:
            raise ValueProblem(
                "应为代理的地址或网段，如 10.0.0.0/8", "expected addresses or networks like 10.0.0.0/8"
            ) from None
        for each in filter(is_everybody, networks):
            raise ValueProblem(
                f"{each} 使任何人所写的转发头都算数，谁都能冒充别的地址：只写代理自己的地址或网段，如 10.0.0.7",
                f"by {each} everybody's forwarded headers are believed, so that anybody may pass for any address: give"
                " the proxies' own addresses or networks alone, like 10.0.0.7",
            )
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the file."""
        file = _File(settings_cls, None if FILE in cls.LEFT_OUT else FILE)
        return (init_settings, _Environment(settings_cls), file)

    def witness_keys(self) -> list[tuple[str, NoteKey]]:
        """The witnesses' URLs and keys; raises ``verifier-key-malformed`` for what is no verifier key."""
        return [(url, parse_key(key)) for url, key in self.witnesses.items()]

    def store(self) -> Store:
        """Where the ledger lives."""
        return Store(self.data_dir, self.database_url, self.secrets)


def read_what_holds() -> tuple[Settings, tuple[WrongSetting, ...]]:
    """The settings as far as they can be used, and all that cannot: what is wrong counts as not set."""
    wrong: list[WrongSetting] = []
    while True:
        left_out = frozenset(each.name for each in wrong)
        try:
            return _leaving_out(left_out)(), tuple(wrong)
        except SettingsWrong as error:
            if left_out.issuperset(each.name for each in error.wrong):
                raise
            wrong.extend(error.wrong)


def _leaving_out(names: frozenset[str]) -> type[Settings]:
    class Rest(Settings):
        LEFT_OUT: ClassVar[frozenset[str]] = names

    return Rest
