"""Settings: from the environment and from a file, the environment first; errors in the user's words."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from api.service.environment import unknown_variables
from api.service.settings import FILE, Settings, read_what_holds
from ledger.errors import Misconfigured
from tests.commands import run_command

SECRET = "hunter2-correct-horse"


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a settings file, an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("SONGNUAN_"):
            monkeypatch.delenv(name)


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "songnuan.toml").write_text('data_dir = "/srv/ledger"\nlang = "en"\n')
    assert (Settings().data_dir, Settings().lang, Settings().database_url) == (
        Path("/srv/ledger"),
        "en",
        None,
    )
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    assert Settings().lang == "zh"


def refused(code: str) -> tuple[str, str]:
    with pytest.raises(Misconfigured) as caught:
        Settings()
    assert caught.value.code == code
    return caught.value.zh, caught.value.en


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "songnuan.toml").write_text(f'data_dri = "/srv/ledger"\nlog_levl = "{SECRET}"\n')
    for text in refused("setting-unknown"):
        assert "data_dri" in text
        assert "log_levl" in text
        assert SECRET not in text


def test_a_file_that_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "songnuan.toml").write_text(f'lang = "zh"\ndatabase_url = "postgresql://u:{SECRET}\n')
    for text in refused("settings-file-malformed"):
        assert "line 2" in text
        assert SECRET not in text
    (tmp_path / "songnuan.toml").write_bytes(b"\xff\xfe")
    refused("settings-file-malformed")


def test_a_folder_in_place_of_the_file_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "songnuan.toml").mkdir()
    refused("settings-file-unreadable")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql//u:{SECRET}@host/db",
        f"postgresql://u:{SECRET}@host:port/db",
        f"postgresql://u:p@{SECRET}@host/db",
        f"postgresql://u:p/{SECRET}@host/db",
        f"postgresql://u:{SECRET}@host:99999/db",
        f"postgresql://u:{SECRET}@host/db?no_such_option=1",
        f"postgresql://u:{SECRET}@host/db?connect_timeout=x",
        f"host=host user=u password={SECRET} keepalives_idle=soon",
        f"mysql://u:{SECRET}@host/db",
        SECRET,
    ],
)
def test_a_malformed_database_url_is_refused_without_quoting_it(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", url)
    for text in refused("setting-invalid"):
        assert "SONGNUAN_DATABASE_URL" in text
        assert SECRET not in text


@pytest.mark.parametrize(
    "url",
    ["postgresql://u:p%40ss@host:5433/db?sslmode=require", "host=/run/pg dbname=songnuan", "postgres:///x"],
)
def test_what_libpq_takes_is_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGNUAN_DATABASE_URL", url)
    assert Settings().database_url == url


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SONGNUAN_LOG_LEVEL", "loud", "debug"),
        ("SONGNUAN_LANG", "fr", "zh"),
        ("SONGNUAN_WITNESSES", "not json", "JSON"),
        ("SONGNUAN_WITNESSES", '{"https://w.example": "no key"}', "SONGNUAN_WITNESSES"),
        ("SONGNUAN_WITNESSES", '{"w.example": "no key"}', "http"),
        ("SONGNUAN_WITNESSES", "[1]", "SONGNUAN_WITNESSES"),
        ("SONGNUAN_TIMESTAMP_AUTHORITY", "https://:x", "http"),
    ],
)
def test_other_settings_say_what_they_take(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    for text in refused("setting-invalid"):
        assert name in text
        assert said in text


def serve(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(("serve", *arguments), environment)


def run(arguments: tuple[str, ...], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return run_command(*arguments, env={**os.environ, **environment}, timeout=60)


def told(done: subprocess.CompletedProcess[str], code: str) -> None:
    assert done.returncode == 4, done.stderr
    assert code in done.stderr
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr + done.stdout


def test_the_command_says_it_with_exit_code_4(tmp_path: Path) -> None:
    told(serve(SONGNUAN_DATABASE_URL=f"postgresql//u:{SECRET}@host/db"), "setting-invalid")
    told(serve(SONGNUAN_LOG_LEVEL="loud"), "setting-invalid")
    told(run(("unit", "list"), {"SONGNUAN_LANG": "fr"}), "setting-invalid")


def test_a_database_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    for host in ("127.0.0.1:1", "no-such-host.invalid"):
        url = f"postgresql://songnuan:{SECRET}@{host}/songnuan"
        told(serve(SONGNUAN_DATABASE_URL=url, SONGNUAN_DATA_DIR=str(tmp_path)), "database-unreachable")


def test_a_folder_where_nothing_is_founded_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "data", Path("/proc/songnuan"), tmp_path / "none"):
        told(serve(SONGNUAN_DATA_DIR=str(folder)), "not-founded")
    assert not (tmp_path / "none").exists()


def test_an_address_in_use_or_unknown_is_told(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        told(serve("--port", port, SONGNUAN_DATA_DIR=str(tmp_path / "data")), "address-in-use")
    told(serve("--host", "no-such-host.invalid"), "host-unknown")
    told(serve("--host", "192.0.2.1"), "address-not-here")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE).write_text(f'log_level = "loud"\ndata_dri = "{SECRET}"\norigins = ["nowhere"]\n')
    monkeypatch.setenv("SONGNUAN_WITNESSES", "not json")
    monkeypatch.setenv("SONGNUAN_LANG", "en")
    for text in refused("setting-invalid"):
        assert all(each in text for each in ("SONGNUAN_LOG_LEVEL", "SONGNUAN_WITNESSES", "SONGNUAN_ORIGINS"))
        assert "data_dri" in text
        assert "data_dir" in text
        assert SECRET not in text
    settings, wrong = read_what_holds()
    assert {each.name for each in wrong} == {"log_level", "witnesses", "origins", "data_dri"}
    assert (settings.lang, settings.log_level, settings.origins) == ("en", None, [])


def test_what_holds_beside_a_file_that_is_none_is_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE).write_text('lang = "en\n')
    monkeypatch.setenv("SONGNUAN_DATA_DIR", "/srv/ledger")
    monkeypatch.setenv("SONGNUAN_LOG_LEVEL", "loud")
    settings, wrong = read_what_holds()
    assert [each.name for each in wrong] == [FILE, "log_level"]
    assert (settings.data_dir, settings.lang) == (Path("/srv/ledger"), "zh")


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "10.0.0.7/0", "128.0.0.0/1", "2000::/3"])
def test_a_network_of_everybody_is_no_proxy(network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGNUAN_TRUSTED_PROXIES", f"10.0.0.0/8, {network}")
    for text in refused("setting-invalid"):
        assert "SONGNUAN_TRUSTED_PROXIES" in text
        assert "10.0.0.7" in text
    told(serve("--trusted-proxy", network), "setting-invalid")


def test_networks_of_our_own_are_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGNUAN_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8,fc00::/7")
    assert Settings().trusted_proxies == ["127.0.0.1", "10.0.0.0/8", "fc00::/7"]


def test_a_mistyped_variable_is_found_with_the_name_that_was_meant() -> None:
    found = unknown_variables(
        [
            "SONGNUAN_DATABSE_URL",
            "SONGNUAN_SECRET",
            "SONGNAUN_DATA_DIR",
            "SONGNUAN_XYZZY",
            "SONGNUAN_SECRET_VAULT_KEY_2",
            "SONGNUAN_KEY",
            "songnuan_lang",
            "SOMETHING_ELSE",
            "PATH",
        ]
    )
    assert {each.name: each.meant for each in found} == {
        "SONGNUAN_DATABSE_URL": "SONGNUAN_DATABASE_URL",
        "SONGNUAN_SECRET": "SONGNUAN_SECRETS",
        "SONGNAUN_DATA_DIR": "SONGNUAN_DATA_DIR",
        "SONGNUAN_XYZZY": None,
    }


def test_a_mistyped_variable_is_told_by_every_command(tmp_path: Path) -> None:
    environment = {"SONGNUAN_DATABSE_URL": SECRET, "SONGNUAN_DATA_DIR": str(tmp_path / "none")}
    done = run(("witness", "--help"), environment)
    assert "SONGNUAN_DATABSE_URL" not in done.stderr
    for arguments in (("form", str(tmp_path / "form.xlsx")), ("serve", "--host", "no-such-host.invalid")):
        done = run(arguments, environment)
        assert "SONGNUAN_DATABSE_URL" in done.stderr
        assert "SONGNUAN_DATABASE_URL" in done.stderr
        assert SECRET not in done.stderr + done.stdout


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for arguments in (("serve",), ("status",)):
        told(run(arguments, {"SONGNUAN_DATA_DIR": str(tmp_path / "file")}), "data-folder-invalid")


def test_a_service_that_cannot_start_says_so_once(tmp_path: Path) -> None:
    url = "postgresql://songnuan@127.0.0.1:1/songnuan"
    done = serve("--port", "0", SONGNUAN_DATABASE_URL=url, SONGNUAN_DATA_DIR=str(tmp_path))
    told(done, "database-unreachable")
    assert done.stderr.startswith("✗ database-unreachable")
    assert "startup failed" not in done.stderr
