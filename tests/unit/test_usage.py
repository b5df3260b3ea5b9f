"""Help pages and errors of usage: in the language of who asks, and never in the library's own words."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from api.cli import build, main
from api.cli.commands import COMMANDS, GROUPS

LIBRARY = re.compile(r"Usage|OPTIONS|Options|Arguments|Commands|Show this|required|default|env var|TEXT|bool")
"""What the library writes of itself on its help pages."""


@pytest.fixture
def help_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    def asked(path: str) -> str:
        done = CliRunner().invoke(build(), [*path.split(), "--help"], prog_name="songnuan")
        assert done.exit_code == 0, done.output
        return done.output

    return asked


@pytest.mark.parametrize("path", ["", *COMMANDS, *GROUPS])
def test_a_page_of_help_is_chinese_throughout(help_of: Callable[[str], str], path: str) -> None:
    page = help_of(path)
    assert page.startswith(f"用法：songnuan {path}".strip())
    assert LIBRARY.search(page) is None
    assert "显示本页" in page


WRONG = (
    ("bank pay --nope", "没有选项 --nope", "there is no option --nope"),
    ("bank pay", "缺少 --campaign", "--campaign is missing"),
    ("bank pya", "没有名为 pya 的命令，是否为 pay？", "there is no command pya, did you mean pay?"),
    ("xyzzy", "没有名为 xyzzy 的命令", "there is no command xyzzy"),
    ("status one two", "多出了 one two", "one two is more than was asked for"),
    ("status --json=3", "--json 不带值", "--json takes no value"),
    ("callback draw --size some", "--size 的值不对：应为整数", "--size: expected a whole number"),
    ("bank pay --campaign", "--campaign 后面缺少值", "--campaign lacks its value"),
)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("arguments", "zh", "en"), WRONG)
def test_what_is_wrong_is_said_in_the_language_of_who_asks(
    arguments: str,
    zh: str,
    en: str,
    language: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SONGNUAN_LANG", language)
    monkeypatch.setattr("sys.argv", ["songnuan", *arguments.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"✗ usage  {zh if language == 'zh' else en}")
