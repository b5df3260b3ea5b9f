"""The system user of the embedded server: what is said where the system does not make it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import Misconfigured
from ledger.storage import server_user


def refusal() -> Misconfigured:
    with pytest.raises(Misconfigured) as trouble:
        server_user.ensure_user("songnuan-nobody-yet")
    assert trouble.value.code == "server-user-missing"
    assert "useradd --system" in trouble.value.zh
    return trouble.value


def test_a_system_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "useradd: cannot lock /etc/passwd")

    monkeypatch.setattr("ledger.storage.server_user.subprocess.run", refused)
    assert "cannot lock" not in refusal().zh


def test_a_system_without_the_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        raise FileNotFoundError(command[0])

    monkeypatch.setattr("ledger.storage.server_user.subprocess.run", missing)
    refusal()


def test_data_of_another_user_are_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    server_user.check_owner(tmp_path / "none yet", None)
    (tmp_path / "PG_VERSION").write_text("18")
    server_user.check_owner(tmp_path, None)
    if os.geteuid() != 0:
        pytest.skip("only root gives a folder away")
    os.chown(tmp_path, 12345, 12345)
    with pytest.raises(Misconfigured) as trouble:
        server_user.check_owner(tmp_path, None)
    assert trouble.value.code == "data-folder-owner"
    assert f"chown -R {os.geteuid()}: {tmp_path}" in trouble.value.zh
    assert "12345" in trouble.value.en
