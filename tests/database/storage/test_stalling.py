"""A copy of a database that stands still."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ledger.errors import Unavailable
from ledger.storage import base_backup
from ledger.storage.base_backup import streamed_base
from ledger.storage.embedded import EmbeddedServer
from ledger.storage.left_behind import end_left_behind

SILENT = """#!/bin/bash
mkdir -p "{base}"; echo some >"{base}/some"
# Under the name that a program has among the machine's processes.
exec -a pg_basebackup /bin/sh -c 'while :; do sleep 0.1; done' pg_basebackup "$@"
"""


def test_a_copy_to_which_nothing_comes_is_broken_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_backup, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(base_backup, "STALLED_SECONDS", 0.5)
    programs = folder / "programs"
    programs.mkdir(mode=0o755)
    program = programs / "pg_basebackup"
    program.write_text(SILENT.replace("{base}", str(folder / "made" / "base")))
    program.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
    server = EmbeddedServer(folder / "data", programs=programs)
    server.folder.mkdir(mode=0o755)
    with (
        pytest.raises(Unavailable) as trouble,
        streamed_base("postgresql://127.0.0.1:9/x", server, folder / "made"),
    ):
        pass
    assert trouble.value.code == "copy-stalled"
    assert "see to the primary" in trouble.value.en.lower()
    assert end_left_behind(folder) == 0
