"""What goes wrong with files, programs and servers is told in the words of both languages, with the way out."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import orjson
import psycopg
import pytest

from api.service.failures import explained
from ledger.crypto.keys import load_key
from ledger.errors import Explained, Misconfigured
from ledger.http_words import reason_of_http
from ledger.identity.secrets import Command
from ledger.postgres.unreachable import not_reached, reason_of_database
from ledger.storage.backup import CARD, MANIFEST, base_of, check_backup, read_card
from ledger.storage.base_backup import BASE

ENGLISH = re.compile(r"\b(Errno|[A-Z][a-z]+Error|No such|expected|exit status|returned|not found|refused)\b")


def told(code: str, done: Callable[[], object]) -> Explained:
    with pytest.raises(Misconfigured) as caught:
        done()
    assert caught.value.code == code
    assert not ENGLISH.search(caught.value.zh), caught.value.zh
    assert "Errno" not in caught.value.en
    return caught.value


class TestABackup:
    @pytest.mark.parametrize("made", ["nothing", "empty", "file"])
    def test_that_is_none_is_told_with_the_way_out(self, tmp_path: Path, made: str) -> None:
        folder = tmp_path / "backup"
        if made == "empty":
            folder.mkdir()
        elif made == "file":
            folder.write_text("")
        error = told("backup-malformed", lambda: read_card(folder))
        for text in (error.zh, error.en):
            assert str(folder) in text
            assert CARD in text
            assert "songnuan backup take" in text

    def test_with_something_else_in_its_card_is_told(self, tmp_path: Path) -> None:
        for content in (b"", b"[]", b"{}", b"7"):
            (tmp_path / CARD).write_bytes(content)
            assert CARD in told("backup-malformed", lambda: read_card(tmp_path)).zh

    def test_without_its_manifest_or_a_file_in_it_is_told_by_name(self, tmp_path: Path) -> None:
        base = tmp_path / BASE
        base.mkdir()
        assert MANIFEST in told("backup-malformed", lambda: check_backup(tmp_path)).zh
        assert MANIFEST in told("backup-malformed", lambda: base_of(tmp_path)).en
        listed = [{"Path": "global/1260", "Size": 1, "Checksum": "00"}]
        (base / MANIFEST).write_bytes(orjson.dumps({"Files": listed}))
        assert "global/1260：不存在" in told("backup-malformed", lambda: check_backup(tmp_path)).zh
        (base / "global").mkdir()
        (base / "global" / "1260").write_bytes(b"x")
        assert "global/1260：内容与备份时不符" in told("backup-malformed", lambda: check_backup(tmp_path)).zh


class TestAProgramForSecrets:
    def written(self, tmp_path: Path, script: str) -> Command:
        program = tmp_path / "kms"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o700)
        return Command(str(program))

    @pytest.mark.parametrize(
        ("script", "said"),
        [
            ("echo hunter2 >&2; exit 3", "退出码 3"),
            ("kill -9 $$", "被信号 9 终止"),
            ("printf '\\377\\376'", "输出或名称不是文字"),
        ],
    )
    def test_that_fails_is_told_and_not_what_it_said(self, tmp_path: Path, script: str, said: str) -> None:
        error = told("secrets-unavailable", self.written(tmp_path, script).names)
        assert said in error.zh
        assert "SONGNUAN_SECRETS" in error.zh
        assert "hunter2" not in error.zh + error.en

    def test_that_is_not_there_or_no_program_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("no program")
        for name, said in (("nothing", "不存在"), ("text", "没有权限")):
            error = told("secrets-unavailable", Command(str(tmp_path / name)).names)
            assert said in error.zh
            assert name in error.en


class TestAKeyFile:
    def test_that_is_not_there_is_another_matter_than_a_wrong_passphrase(self, tmp_path: Path) -> None:
        assert "不存在" in told("key-file", lambda: load_key(tmp_path / "none.pem", "")).zh
        (tmp_path / "none.pem").write_text("no key")
        assert "口令错误" in told("key-file", lambda: load_key(tmp_path / "none.pem", "word")).zh


class TestADatabase:
    @pytest.mark.parametrize(
        ("said", "zh"),
        [
            ('connection failed: FATAL:  password authentication failed for user "u"', "用户名或口令错误"),
            ("connection failed: Connection refused\n\tIs the server running on that host?", "连接被拒绝"),
            ('could not translate host name "h" to address: Name or service not known', "找不到主机"),
            ('FATAL:  database "nowhere" does not exist', "没有这个数据库"),
            ("connection timeout expired", "没有及时应答"),
            ("server does not support SSL, but SSL was required", "TLS"),
            ("致命错误: 用户认证失败", "没有应答"),
        ],
    )
    def test_that_is_not_reached_is_told_without_the_servers_words(self, said: str, zh: str) -> None:
        error = psycopg.OperationalError(said)
        assert zh in reason_of_database(error)[0]
        found = not_reached("postgresql://u:hunter2@db.example:5433/x", error)
        assert "db.example:5433" in found.zh
        assert "SONGNUAN_DATABASE_URL" in found.zh
        assert not ENGLISH.search(found.zh)
        assert "hunter2" not in found.zh + found.en
        lost = explained(error)
        assert lost is not None
        assert not ENGLISH.search(lost.message("zh"))


def test_a_server_that_does_not_answer_over_http_is_told_by_its_cause() -> None:
    import httpx2

    with pytest.raises(httpx2.HTTPError) as caught:
        httpx2.get("http://127.0.0.1:9", timeout=5)
    assert reason_of_http(caught.value)[0] == "对方拒绝连接，可能没有运行"


def test_a_full_disk_is_no_silence() -> None:
    error = explained(psycopg.errors.DiskFull("could not extend file"))
    assert error is not None
    assert "磁盘已满" in error.message("zh")
    assert "the disk is full" in error.message("en")
