"""The system user of the embedded server: what is said where the system does not make it."""

from __future__ import annotations

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
