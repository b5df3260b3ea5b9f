"""Timestamps by an authority that the test runs itself with openssl, over HTTP on loopback."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from api.log.certificates import load_roots
from api.log.timestamping import AuthorityFailed, keep_stamped, stamp
from ledger.errors import Misconfigured, NotVerified
from ledger.log.note import parse_note
from ledger.log.proofs import latest_checkpoint
from ledger.log.timestamps import request_for, verified_time
from ledger.storage.store import OpenStore
from tests.founding import Founded
from tests.http.test_proving import Songnuan

CONFIGURATION = """
[tsa]
default_tsa = it
[it]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ordering = yes
ess_cert_id_alg = sha256
[extensions]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
basicConstraints = critical,CA:FALSE
"""


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def made_authority(folder: Path) -> Path:
    """A root, a certificate for timestamping under it, and the configuration; answers the root's file."""
    if shutil.which("openssl") is None:
        pytest.fail("the tests need openssl: on Debian, apt-get install openssl")
    folder.mkdir()
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder))
    openssl(
        folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Test root",
        "-keyout", "ca.key", "-out", "ca.pem",
    )  # fmt: skip
    openssl(
        folder, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Test TSA",
        "-keyout", "tsa.key", "-out", "tsa.csr",
    )  # fmt: skip
    openssl(
        folder, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-days", "30", "-extfile", "tsa.cnf", "-extensions", "extensions", "-out", "tsa.pem",
    )  # fmt: skip
    return folder / "ca.pem"


class Authority:
    """The authority at work: its URL and its root."""

    def __init__(self, folder: Path) -> None:
        self.root = made_authority(folder)
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the library's name
                query = self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    (folder / "query").write_bytes(query)
                    openssl(
                        folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"
                    )  # fmt: skip
                    answer = (folder / "reply").read_bytes()
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    authority = Authority(tmp_path_factory.mktemp("tsa") / "one")
    yield authority
    authority.close()


def stamps(store: OpenStore) -> list[tuple[int, bytes]]:
    with store.connect() as connection:
        found = connection.execute("SELECT size, response FROM ledger.timestamps").fetchall()
    return [(size, bytes(response)) for size, response in found]


def test_a_checkpoint_is_stamped_and_verified(founded: Founded, authority: Authority) -> None:
    roots = load_roots(authority.root)
    with founded.store.connect() as connection:
        stamped = stamp(connection, authority.url, roots)
        note = latest_checkpoint(connection)
    assert stamped is not None
    assert note is not None
    ((size, response),) = stamps(founded.store)
    assert stamped == (size, verified_time(response, parse_note(note).text, size, roots))


def test_a_stamp_on_another_text_or_by_another_authority_does_not_hold(
    founded: Founded, authority: Authority, tmp_path: Path
) -> None:
    roots = load_roots(authority.root)
    with founded.store.connect() as connection:
        stamp(connection, authority.url, roots)
        note = latest_checkpoint(connection)
    assert note is not None
    text = parse_note(note).text
    ((size, response),) = stamps(founded.store)
    stranger = load_roots(made_authority(tmp_path / "other"))
    for spoiled in (
        lambda: verified_time(response, text + "x", size, roots),
        lambda: verified_time(response, text, size, stranger),
        lambda: verified_time(response[:-40] + bytes(40), text, size, roots),
        lambda: verified_time(b"nothing", text, size, roots),
        lambda: verified_time(response, text, size, roots, request_for(text)),
    ):
        with pytest.raises(NotVerified) as error:
            spoiled()
        assert error.value.code == "timestamp-invalid"


def test_an_authority_that_does_not_answer_is_said_to_and_nothing_is_kept(founded: Founded) -> None:
    with founded.store.connect() as connection, pytest.raises(AuthorityFailed):
        stamp(connection, "http://127.0.0.1:9/", [])
    assert stamps(founded.store) == []


def test_what_is_no_certificate_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_text("nothing")
    for path in (tmp_path / "roots.pem", tmp_path / "missing.pem"):
        with pytest.raises(Misconfigured) as error:
            load_roots(path)
        assert error.value.code == "timestamp-roots"


def test_the_service_has_its_checkpoints_stamped(founded: Founded, authority: Authority) -> None:
    stop = threading.Event()
    roots = load_roots(authority.root)
    thread = threading.Thread(target=keep_stamped, args=(founded.store, authority.url, roots, stop))
    thread.start()
    for _ in range(200):
        if stamps(founded.store):
            break
        stop.wait(0.05)
    stop.set()
    thread.join()
    assert len(stamps(founded.store)) == 1


@pytest.mark.usefixtures("flushed")
def test_stamps_go_with_a_bundle_and_are_verified_offline(
    founded: Founded, authority: Authority, tmp_path: Path
) -> None:
    songnuan = Songnuan(founded, tmp_path)
    assert "no authority is set" in songnuan("timestamp", code=2)
    settings: dict[str, Any] = {
        "SONGNUAN_TIMESTAMP_AUTHORITY": authority.url,
        "SONGNUAN_TIMESTAMP_ROOTS": str(authority.root),
    }
    assert "is stamped" in songnuan("timestamp", **settings)
    key = songnuan.json("export", "bundle", "all.zip")["verifier_key"]
    verify = ("verify", "bundle", "all.zip", "--verifier-key", key, "--timestamp-roots")
    assert "1 timestamps" in songnuan.alone(*verify, str(authority.root))
    stranger = made_authority(tmp_path / "other")
    assert "timestamp-invalid" in songnuan.alone(*verify, str(stranger), code=6)
    summary = songnuan.json("verify", "bundle", "all.zip", "--verifier-key", key)["summary"]
    assert "timestamps-unverified" in [each["code"] for each in summary["unchecked"]]
    assert "1 timestamps" in songnuan("verify", "ledger", "--timestamp-roots", str(authority.root))
    with founded.store.connect() as connection:
        connection.execute("UPDATE ledger.timestamps SET response = set_byte(response, 90, 7)")
    assert "timestamp-invalid" in songnuan(
        "verify", "ledger", "--timestamp-roots", str(authority.root), code=6
    )
