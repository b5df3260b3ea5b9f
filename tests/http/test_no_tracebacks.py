"""Every command, given what is not there: a missing file, a folder for a file, a wrong ledger folder, a bad day.

Each ends with an error of its own and its exit code, in the language that was asked for.
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from typer.core import TyperArgument

from api.cli import main
from api.cli.commands import COMMANDS
from api.cli.help import kind_of
from api.cli.loading import Listed

WRITES_SOURCE = {"rule new"}
"""It makes files in the source that it stands in, and is tried where its own tests are."""
OF_A_DAY = (
    "on",
    "as_of",
    "of_start",
    "of_end",
    "held_on",
    "kept_until",
    "handed_over_on",
    "filed_on",
    "data_on",
)
FILES = ("文件", "路径")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place where the ledger's folder is a file."""
    (tmp_path / "ledger").write_bytes(b"no folder")
    (tmp_path / "folder").mkdir()
    (tmp_path / "junk").write_bytes(b"\xff\xfe{junk")
    monkeypatch.setenv("SONGNUAN_DATA_DIR", str(tmp_path / "ledger"))
    monkeypatch.delenv("SONGNUAN_DATABASE_URL", raising=False)
    monkeypatch.setenv("SONGNUAN_PASSPHRASE", "x")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


FILE, DAY = "{file}", "{day}"


def words_of(path: str) -> list[str]:
    """The command's words, with all that it must have, and every path and day that it takes."""
    words = path.split()
    command = Listed(path, COMMANDS[path]).load()
    context = command.make_context(path, [], resilient_parsing=True)
    for parameter in command.params:
        kind = kind_of(parameter, context)
        is_day = parameter.name in OF_A_DAY
        if not (parameter.required or kind in FILES or is_day):
            continue
        value = FILE if kind in FILES else DAY if is_day else "1" if kind == "整数" else "x"
        words += [value] if isinstance(parameter, TyperArgument) else [max(parameter.opts, key=len), value]
    return words


def before(words: list[str], value: str) -> list[str]:
    """What stands before each such word."""
    return [words[index - 1] for index, word in enumerate(words) if word == value]


@pytest.mark.parametrize("path", sorted(COMMANDS.keys() - WRITES_SOURCE))
def test_what_is_not_there(
    path: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = words_of(path)
    for file, day in (("missing", "2026-13-45"), ("folder", "2026-01-15"), ("junk", "2026-01-15")):
        given = [{FILE: file, DAY: day}.get(word, word) for word in words]
        monkeypatch.setattr("sys.argv", ["songnuan", *given])
        monkeypatch.setattr("sys.stdin", StringIO())
        with pytest.raises(SystemExit) as ended:
            main()
        said = "".join(capsys.readouterr())
        assert "Traceback" not in said
        assert "无法识别" not in said
        assert ended.value.code in (0, None) or "✗ " in said or "已中止" in said
        # A key and its passphrase are read alike by every command: one of them is enough.
        others = [word for word in before(words, FILE) if word not in ("--key", "--passphrase-file")]
        if not others and path != "fund allocate":
            return


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--lang", "fr", "status"], 2, "✗ usage  --lang"),
        (["--lang"], 2, "✗ usage  --lang"),
        (["--version"], 0, "songnuan "),
        (["--lang", "en", "--version"], 0, "songnuan "),
    ],
)
def test_a_language_that_is_none_and_the_version(
    arguments: list[str],
    code: int,
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SONGNUAN_LANG", "zh")
    monkeypatch.setattr("sys.argv", ["songnuan", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code or 0) == code
    assert told in "".join(capsys.readouterr())
