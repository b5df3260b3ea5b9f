"""Mends of what lies around a ledger: its disk, its program, its server, its proxy; each done as the doctor says."""

from __future__ import annotations

import os
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi.testclient import TestClient
from psycopg.conninfo import conninfo_to_dict

from api.app import create_app
from api.log.witness_service import create_witness
from api.operating import database_checks, doctor
from api.operating.service_checks import check_service
from api.service.settings import Settings
from ledger.clock import utc_now
from ledger.crypto.keys import new_key
from ledger.errors import Misconfigured
from ledger.log.witness import Witness
from ledger.postgres import migrations
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.store import OpenStore, Store
from ledger.writing import clocks
from tests.commands import run_command
from tests.database.relay import relayed
from tests.database.test_backup import server_of
from tests.database.test_set_back import restore
from tests.evil_peer import answering, at_once
from tests.founding import Founded
from tests.http.service.test_witnesses import forked_behind, grown_past_behind
from tests.http.serving import ORIGIN
from tests.http.test_doctors_mends import lines, the_line
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]


def settings_of(founded: Founded, **other: object) -> Settings:
    return Settings(**{"database_url": founded.store.url, "data_dir": founded.store.folder, **other})


def name_of(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])


class TestTheMachine:
    def test_a_disk_with_little_room(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        filler = tmp_path / "filler"
        filler.touch()
        room = shutil.disk_usage(tmp_path)

        def found(folder: Path) -> Any:
            return room._replace(free=2**29 if filler.exists() else doctor.LOW_BYTES)

        monkeypatch.setattr("api.operating.doctor.shutil.disk_usage", found)
        line = the_line(Settings(data_dir=tmp_path), "disk", "make room", [])
        assert line.level == "fail"
        assert str(tmp_path) in line.way_out[1]
        filler.unlink()
        assert lines(Settings(data_dir=tmp_path), "disk") == []

    def test_a_disk_that_was_made_read_only(self, tmp_path: Path) -> None:
        disk, data = tmp_path / "disk", tmp_path / "disk" / "data"
        disk.mkdir()
        mounts = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
        if os.geteuid() != 0 or subprocess.run(mounts, capture_output=True).returncode:
            pytest.skip(
                "this machine mounts no file system for us: only root may, and not in every container"
            )
        try:
            data.mkdir()
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            line = the_line(Settings(data_dir=data), "folder", "remount,rw", [])
            way = line.way_out[1].rpartition(": ")[2].replace("MOUNTPOINT", str(disk))
            subprocess.run(way.split(), check=True)
            assert lines(Settings(data_dir=data), "folder") == []
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)

    def test_pages_that_are_not_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What ``make setup`` would do is asked of make, since doing it takes half a minute."""
        monkeypatch.setattr(doctor, "BUILT", tmp_path)
        line = the_line(Settings(data_dir=tmp_path), "pages", "make setup", [])
        assert line.level == "fail"  # the service refuses to start: pages-not-built

        def would_do(built: Path) -> str:
            way = [*line.way_out[1].partition(": ")[2].split(), "--dry-run", f"BUILT={built}"]
            return subprocess.run(way, cwd=ROOT, capture_output=True, text=True, check=True).stdout

        assert "sync --frozen --quiet --inexact --extra service --reinstall-package" in would_do(
            tmp_path / "index.html"
        )
        (tmp_path / "index.html").touch()
        os.utime(tmp_path / "index.html", (0, 0))
        assert "--reinstall-package" not in would_do(tmp_path / "index.html")
        assert lines(Settings(data_dir=tmp_path), "pages") == []

    def test_clocks_that_are_apart(self, founded: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = settings_of(founded)
        with monkeypatch.context() as wrong:
            for module in (database_checks, clocks):
                wrong.setattr(module, "utc_now", lambda: utc_now() + timedelta(minutes=3))
            assert the_line(settings, "clock", "NTP", []).level == "fail"
        assert lines(settings, "clock") == []


class TestThePrograms:
    @pytest.fixture
    def later(self, monkeypatch: pytest.MonkeyPatch) -> dict[int, tuple[str, str]]:
        """A release after this one, whose schema has one thing more."""
        known = migrations.versions()
        return {**known, max(known) + 1: ("later", "CREATE TABLE ledger.later ()")}

    def test_a_schema_that_is_older(
        self, founded: Founded, later: dict[int, tuple[str, str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in (migrations, database_checks):
            monkeypatch.setattr(module, "versions", lambda: later)
        settings = settings_of(founded)
        line = the_line(settings, "schema", "start the service", [])
        with TestClient(create_app(settings)):
            pass
        assert line not in lines(settings, "schema")
        with psycopg.connect(founded.store.url) as connection:
            assert migrations.applied(connection) == max(later)

    def test_a_schema_that_is_newer(
        self, founded: Founded, later: dict[int, tuple[str, str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = settings_of(founded)
        with (
            monkeypatch.context() as newer,
            psycopg.connect(founded.store.url, autocommit=True) as connection,
        ):
            newer.setattr(migrations, "versions", lambda: later)
            migrations.migrate(connection)
        line = the_line(settings, "schema", "install the release", [])
        assert line.level == "fail"
        for module in (migrations, database_checks):
            monkeypatch.setattr(module, "versions", lambda: later)
        assert line not in lines(settings, "schema")

    def test_a_server_that_is_too_old(
        self, ledger: Founded, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The server at hand is not: what is too old is one version more here, for the doctor alone."""
        settings = Settings(database_url=ledger.store.url, data_dir=folder / "data")
        with monkeypatch.context() as stricter:
            stricter.setattr(database_checks, "OLDEST_POSTGRESQL", 990_000)
            line = the_line(settings, "database", "songnuan upgrade server --to", [])
        assert line.level == "fail"
        with EmbeddedServer(folder / "newer") as newer:
            way = re.search(r"songnuan (upgrade server --to)", line.way_out[1])
            assert way is not None
            done = run_command(
                *way[1].split(),
                newer.url,
                env={
                    "PATH": "/usr/bin:/bin",
                    "SONGNUAN_DATA_DIR": str(folder / "data"),
                    "SONGNUAN_DATABASE_URL": ledger.store.url,
                },
            )
            assert done.returncode == 0, done.stderr
            moved = Settings(database_url=newer.url, data_dir=folder / "data")
            assert lines(moved, "database") == []


class TestTheDatabase:
    def test_a_pooler_by_transaction(self, founded: Founded) -> None:
        with tempfile.TemporaryDirectory() as folder, relayed(Path(folder), founded.store.url) as url:
            line = the_line(settings_of(founded, database_url=url), "database", "SONGNUAN_DATABASE_URL", [])
        assert "pooler" in line.said[1]
        assert lines(settings_of(founded), "database") == []

    @pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1", "EUC_CN"])
    def test_a_database_that_keeps_text_otherwise(
        self, founded: Founded, tmp_path: Path, encoding: str
    ) -> None:
        """As ``initdb`` makes them under ``LANG=C``; the way out makes another, which founds and serves."""
        name = f"kept_{os.getpid()}_{encoding.lower()}"
        url = founded.store.url.replace(f"/{name_of(founded.store.url)}?", f"/{name}?")
        made = f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        with psycopg.connect(founded.store.url, autocommit=True) as connection:
            connection.execute(made.encode())
            try:
                with pytest.raises(Misconfigured) as refused, OpenStore(Store(tmp_path / "new", url)):
                    pass
                assert refused.value.code == "database-encoding"
                settings = settings_of(founded, database_url=url)
                line = the_line(settings, "database", "CREATE DATABASE", [])
                assert encoding in line.said[0]
                connection.execute(f"DROP DATABASE {name}".encode())
                statement = line.way_out[1].rpartition(": ")[2].replace(" name ", f" {name} ")
                connection.execute(statement.encode())
                assert lines(settings, "database") == []
                with OpenStore(Store(tmp_path / "new", url)) as store:
                    assert store.ledger is None
            finally:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def test_an_external_server_whose_process_is_stopped(
        self, ledger: Founded, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = Settings(database_url=ledger.store.url + "&connect_timeout=2", data_dir=folder / "data")
        leader = int((server_of(ledger).data / "postmaster.pid").read_text().split()[0])
        os.kill(leader, signal.SIGSTOP)
        try:
            line = the_line(settings, "database", "kill -CONT", [])
        finally:
            way = re.search(r"kill -(\w+)", line.way_out[1])
            assert way is not None
            subprocess.run(["kill", f"-{way[1]}", str(leader)], check=True)
        assert "no answer in time" in line.said[1]
        assert lines(settings, "database") == []


class TestAWitnessOfAnotherHistory:
    @contextmanager
    def forked(
        self, founded: Founded, folder: Path, monkeypatch: pytest.MonkeyPatch, behind: Callable[..., int]
    ) -> Iterator[tuple[Settings, Path]]:
        witness = Witness(folder / "witness", new_key(), "audit.example/w1", [founded.log_key])
        behind(witness, founded)
        monkeypatch.setattr(
            "api.log.cosigning.witness_connections", lambda: TestClient(create_witness(witness))
        )
        yield settings_of(founded, witnesses={"http://testserver": witness.key.text}), witness._folder

    @staticmethod
    def told(settings: Settings) -> list[str]:
        return [each.way_out[1] for each in lines(settings, "witnesses") if "forked" in each.said[1]]

    def test_this_ledgers_is_true_and_the_witness_begins_anew(
        self, founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with self.forked(founded, tmp_path, monkeypatch, forked_behind) as (settings, kept):
            (way,) = self.told(settings)
            assert "take it out of SONGNUAN_WITNESSES" in way
            assert self.told(settings.model_copy(update={"witnesses": {}})) == []
            assert "move away its folder for this log" in way
            for each in list(kept.iterdir()):
                each.rename(tmp_path / f"away-{each.name}")
            assert self.told(settings) == []

    def test_the_witnesss_is_true_and_a_backup_of_it_is_restored(
        self, founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own, copy = name_of(founded.store.url), f"backup_{os.getpid()}"

        def administer(*statements: str) -> None:
            with psycopg.connect(founded.store.url.replace(f"/{own}?", "/songnuan?"), autocommit=True) as it:
                for each in statements:
                    it.execute(each.encode())

        def backed_up_and_set_back(store: OpenStore, head: int) -> None:
            administer(f"CREATE DATABASE {copy} TEMPLATE {own}")
            restore(store, head)

        monkeypatch.setattr("tests.http.service.test_witnesses.restore", backed_up_and_set_back)
        try:
            with self.forked(founded, tmp_path, monkeypatch, grown_past_behind) as (settings, _):
                (way,) = self.told(settings)
                assert "restore a backup of that history" in way
                restored = founded.store.url.replace(f"/{own}?", f"/{copy}?")
                assert self.told(settings.model_copy(update={"database_url": restored})) == []
        finally:
            administer(f"DROP DATABASE IF EXISTS {copy} WITH (FORCE)")


class Proxy(NamedTuple):
    """What stands before the service: whether it speaks TLS, and what it does to an answer."""

    certificate: Path | None = None
    takes: frozenset[str] = frozenset()
    adds: Mapping[str, str] = MappingProxyType({})


@contextmanager
def behind(proxy: Proxy, service: TestClient) -> Iterator[str]:
    """A proxy on an address that is not the loopback's own, before a service in this process."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = service.get(self.path)
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.title() not in proxy.takes:
                    self.send_header(name, value)
            for name, value in proxy.adds.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.2", 0), Handler)
    scheme = "http"
    if proxy.certificate is not None:
        scheme = "https"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(proxy.certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"{scheme}://127.0.0.2:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certificate(folder: Path, valid_days: int) -> Path:
    """A certificate of 127.0.0.2 with its key, which whoever takes it for a root trusts."""
    made, now = ec.generate_private_key(ec.SECP256R1()), utc_now()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.2")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.2"))])
    signed = (
        x509.CertificateBuilder(name, name, made.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=valid_days))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(made, hashes.SHA256())
    )
    file = folder / f"{valid_days}.pem"
    file.write_bytes(
        signed.public_bytes(Encoding.PEM)
        + made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return file


class TestTheServiceFromOutside:
    """What the doctor's ``--url`` finds."""

    def told(self, url: str) -> list[str]:
        found = [each for each in check_service(url) if each.level != "ok"]
        assert all((*each.said, *each.way_out) for each in found)
        return [f"{each.said[1]} → {each.way_out[1]}" for each in found]

    def test_an_address_that_is_none_and_one_at_which_nobody_is(self) -> None:
        assert self.told("ledger.example") == ["the address is an https:// one → correct --url"]
        (line,) = self.told("http://127.0.0.1:9")
        assert "that the service runs" in line

    def test_tls_certificate_and_headers_through_the_proxy(
        self, founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plain = Proxy()
        certificates = [certificate(tmp_path, days) for days in (-1, 9)]
        expired, good = map(Proxy, certificates)
        stripping = good._replace(takes=frozenset({"Content-Security-Policy"}))
        hsts = good._replace(adds={"Strict-Transport-Security": "max-age=31536000"})
        trusted = tmp_path / "roots.pem"
        trusted.write_bytes(b"".join(each.read_bytes() for each in certificates))
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        settings = settings_of(founded)
        with TestClient(create_app(settings), base_url=ORIGIN) as service:
            wait_until(lambda: service.get("/readyz").status_code == 204)

            def seen(proxy: Proxy) -> list[str]:
                with behind(proxy, service) as url:
                    return self.told(url)

            (line,) = seen(plain)
            assert "put a proxy before it" in line
            (line,) = seen(expired)
            assert "certificate" in line.partition(" → ")[0]
            assert "certificate" in line.partition(" → ")[2]
            assert [each.partition(" → ")[2] for each in seen(stripping)] == [
                "let the proxy pass the answer's headers on",
                "see the proxy's configuration in docs/operating.md",
            ]
            (line,) = seen(good)
            assert "docs/operating.md" in line
            guide = (ROOT / "docs" / "operating.md").read_text()
            assert f'add_header Strict-Transport-Security "{hsts.adds["Strict-Transport-Security"]}"' in guide
            assert seen(hsts) == []

    def test_each_cause_of_a_service_that_is_not_ready_with_its_way_out(self, founded: Founded) -> None:
        with TestClient(create_app(settings_of(founded)), base_url=ORIGIN) as service:
            wait_until(lambda: service.get("/readyz").status_code == 204)
            with psycopg.connect(founded.store.url, autocommit=True) as connection:
                connection.execute("INSERT INTO views.failures VALUES ('links', 1, 'poison')")
                wait_until(lambda: service.get("/readyz").status_code == 503)
                with behind(Proxy(), service) as url:
                    line = next(each for each in self.told(url) if "links" in each)
                assert "songnuan rebuild" in line.partition(" → ")[2]
                connection.execute("DELETE FROM views.failures")
            wait_until(lambda: service.get("/readyz").status_code == 204)

    @pytest.mark.parametrize(
        "said", [b"no", b"{}", b'{"causes":[{"code":"x","zh":"\\u001b[2J","en":"x"}]}', b'{"causes":[1]}']
    )
    def test_what_somebody_else_answers_is_no_cause(self, said: bytes) -> None:
        head = f"HTTP/1.1 503 No\r\nContent-Length: {len(said)}\r\n\r\n".encode()
        with answering(at_once(head + said)) as url:
            found = self.told(url)
        assert found[0] == (
            "readiness: 503, without a cause → see the log of service and proxy: it may not be this service that answers"
        )
        assert "\x1b" not in "".join(found)
