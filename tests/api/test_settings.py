"""Settings: from the environment and from a file, the environment first."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import Settings


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("SONGNUAN_DATABASE_URL", "SONGNUAN_DATA_DIR", "SONGNUAN_LANG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "songnuan.toml").write_text('data_dir = "/srv/ledger"\nlang = "en"\n')
    assert (Settings().data_dir, Settings().lang, Settings().database_url) == (
        Path("/srv/ledger"),
        "en",
        None,
    )
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    assert Settings().lang == "zh"


def test_an_unknown_setting_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "songnuan.toml").write_text('data_dri = "/srv/ledger"\n')
    with pytest.raises(ValidationError, match="data_dri"):
        Settings()
