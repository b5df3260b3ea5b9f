"""The habits of this code base, kept by checking them."""

from __future__ import annotations

import ast
import importlib
import posixpath
import re
import subprocess
from pathlib import Path

from typer.testing import CliRunner

from api.app import create_app
from api.cli import build
from api.service.settings import Settings
from ledger.domain.event import Event
from ledger.errors import Rule
from projections.flags.catalogue import all_rules
from tools.documentation import CODE, LINK, OUTSIDE, with_links
from tools.release import SUMS, checksums, declared_version

ROOT = Path(__file__).parent.parent
PACKAGES = ("ledger", "projections", "api")
SOURCES = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "node_modules" not in path.parts
]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST_FILE = 520
LONGEST_FUNCTION = 70
# A chapter of the demonstration's story is told from beginning to end.
STORY = ("story.py", "plan_a.py", "plan_b.py")
ADR = re.compile(
    r"# (?P<number>\d+)\. [^\n]+\n\n"
    r"- Status: (?:accepted|superseded by \[[^\n]+\]\([^\n]+\))\n"
    r"- Date: \d{4}-\d\d-\d\d\n\n"
    r"## Context\n\n.+\n## Options considered\n\n.+\n## Decision\n\n.+\n## Consequences\n\n.+\n",
    re.DOTALL,
)


def functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_files_stay_small() -> None:
    lengths = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in [*SOURCES, *TESTS]}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_functions_stay_small() -> None:
    long = []
    for path in SOURCES:
        for function in functions(path):
            assert function.end_lineno is not None
            length = function.end_lineno - function.lineno + 1
            if path.name not in STORY and length > LONGEST_FUNCTION:
                long.append(f"{place(path)}: {function.name}: {length} lines")
    assert long == []


def test_every_module_says_what_it_is() -> None:
    trees = {place(path): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert [name for name, tree in trees.items() if not ast.get_docstring(tree)] == []


def test_every_folder_says_what_belongs_there_and_what_does_not() -> None:
    tests = [path.parent for path in (ROOT / "tests").rglob("__init__.py")]
    for folder in sorted({path.parent for path in SOURCES if path.name == "__init__.py"} | {*tests}):
        said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
        sentences = len(re.findall(r"\.(?:\s|$)", said))
        assert sentences >= (1 if folder in tests else 2), f"{folder.relative_to(ROOT)}: {said!r}"


def test_the_terms_are_few_and_lead_to_what_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = text.partition("## The terms")[2].partition("\n## ")[0]
    terms = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)[1:]
    assert 20 <= len(terms) <= 30
    for term, chinese, where in terms:
        assert re.search(r"[\u4e00-\u9fff]", chinese), term
        for path in re.findall(r"`([\w/.]+)`", where):
            assert (ROOT / path).exists(), f"{term}: {path}"


def test_the_walks_lead_along_functions_that_exist_and_count_their_rooms() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    part = text.partition("## Four walks")[2].partition("\n## ")[0]
    walks = re.split(r"^\*\*(?=.+\*\* \(rooms)", part, flags=re.MULTILINE)[1:]
    assert len(walks) == 4
    for walk in walks:
        steps = re.findall(r"`([\w/]+\.\w+):([\w.]+)`", walk)
        missing = [f"{path}:{name}" for path, name in steps if not _defines(ROOT / path, name)]
        assert missing == []
        visited = [path.rpartition("/")[0] for path, _ in steps]
        entered = [room for place, room in enumerate(visited) if [room] != visited[place - 1 : place]]
        told = re.search(r"\(rooms: (\d+), returns: (\d+)\)", walk)
        assert told is not None
        assert (len(set(entered)), len(entered) - len(set(entered))) == tuple(map(int, told.groups())), (
            entered
        )


def _defines(path: Path, name: str) -> bool:
    """Whether a file defines a function, or a method by ``Class.method``."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sql":
        return f"FUNCTION ledger.{name} " in text or f"FUNCTION ledger.{name}(" in text
    if path.suffix != ".py":
        return f"function {name}(" in text
    body: list[ast.stmt] = ast.parse(text).body
    for part in name.split("."):
        found = [
            node
            for node in body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == part
        ]
        if not found:
            return False
        body = found[0].body
    return True


def test_no_module_is_dead() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in [*SOURCES, *(ROOT / "tests").rglob("*.py")]}
    for path in SOURCES:
        if path.name == "__init__.py" or path.parent.name in ("rules", "events", "planted"):
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        parent, _, last = name.rpartition(".")
        imported = f"from {parent} import "
        used = re.compile(rf"\b{re.escape(name)}\b|{re.escape(imported)}(?:[^\n]*|\([^)]*)\b{last}\b")
        assert any(
            used.search(text)
            for other, text in texts.items()
            if other != path and (name in text or imported in text)
        ), name


def test_every_flag_has_its_page_and_its_test() -> None:
    folder = ROOT / "tests" / "database" / "projections" / "flags"
    tests = "".join(path.read_text(encoding="utf-8") for path in folder.glob("test_*.py"))
    for rule in all_rules():
        page = (ROOT / "docs" / "flags" / f"{rule.id}.md").read_text(encoding="utf-8")
        assert rule.title_zh in page
        for part in (
            "Method",
            "Worked example",
            "Why it is a flag",
            "What clears it",
            "Parameters",
            "False alarms",
        ):
            assert f"**{part}.**" in page, f"{rule.id}: {part}"
        name = "".join(word.capitalize() for word in rule.id.split("-"))
        assert re.search(rf"class Test{name}[:(]", tests), name
    pages = {path.stem for path in (ROOT / "docs" / "flags").glob("*.md")}
    assert pages == {rule.id for rule in all_rules()}


def test_no_question_spells_out_what_stood_at_a_position() -> None:
    for path in SOURCES:
        if path.is_relative_to(ROOT / "api") or path.is_relative_to(ROOT / "projections" / "flags"):
            assert not re.search(r"to_position IS NULL\s+OR", path.read_text(encoding="utf-8")), path


def songnuan(*arguments: str) -> str:
    done = CliRunner().invoke(build(), list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_documents_tables_are_what_their_commands_print() -> None:
    refusals = (ROOT / "docs" / "refusals.md").read_text(encoding="utf-8")
    forms = (ROOT / "docs" / "forms.md").read_text(encoding="utf-8")
    assert songnuan("show", "refusals", "--markdown") in refusals
    authority = (ROOT / "docs" / "authority.md").read_text(encoding="utf-8")
    assert songnuan("show", "access", "--markdown") in authority
    assert songnuan("show", "authority", "--markdown") in authority
    for annex in ("1", "2"):
        assert songnuan("form", "--annex", annex, "--markdown") in forms
    assert songnuan("form", "--understood") in forms
    commands = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert songnuan("show", "types", "--markdown") in commands


def test_every_setting_is_in_the_documents() -> None:
    commands = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if f"`SONGNUAN_{name.upper()}`" not in commands] == []


def test_each_version_of_the_schema_has_a_number_of_its_own() -> None:
    files = (ROOT / "ledger" / "postgres" / "migrations").glob("*.sql")
    numbers = sorted(int(file.name.partition("_")[0]) for file in files)
    assert len(numbers) == len(set(numbers))


def test_the_table_of_precision_has_every_rule() -> None:
    table = (ROOT / "docs" / "precision.md").read_text(encoding="utf-8")
    assert [rule.id for rule in all_rules() if f"| {rule.id} |" not in table] == []


def load_all_rules() -> None:
    for path in SOURCES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))


def test_the_page_hands_on_whatever_lacks_only_a_second_signature() -> None:
    load_all_rules()
    dialog = (ROOT / "api" / "web" / "src" / "parts" / "SignDialog.vue").read_text(encoding="utf-8")
    listed = re.search(r"const TAKES_TWO = \[([^\]]*)\]", dialog)
    assert listed is not None
    takes_two = sorted(
        code for code, rule in Rule.all.items() if re.search("须两(人|名.*)签署|或共同签署", rule.zh)
    )
    assert re.findall("'([^']+)'", listed[1]) == takes_two


def test_every_refusal_is_tried_by_a_test() -> None:
    load_all_rules()
    # The audit's tests have their codes in a table of its own.
    tried = [*(ROOT / "tests").rglob("test_*.py"), ROOT / "tests" / "audit" / "tampering.py"]
    tests = "".join(path.read_text(encoding="utf-8") for path in tried)
    assert [code for code in Rule.all if f'"{code}"' not in tests] == []


def test_the_changelog_counts_the_event_types() -> None:
    assert f"{len(Event.types)} event types" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_project_names_no_registry_hosts_in_its_own_text() -> None:
    for path in [
        *SOURCES,
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "Makefile",
        ROOT / "Dockerfile",
    ]:
        assert not re.search(r"pypi\.org|pythonhosted|npmjs|deb\.debian", path.read_text(encoding="utf-8")), (
            path
        )


def test_the_version_stands_in_one_place() -> None:
    version = declared_version()
    assert songnuan("--version") == f"songnuan {version}\n"
    assert create_app(Settings()).openapi()["info"]["version"] == version
    elsewhere = [
        path
        for path in [*SOURCES, *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        if path.name != "CHANGELOG.md" and f"songnuan-{version}" in path.read_text(encoding="utf-8")
    ]
    assert elsewhere == []


def test_every_decision_has_status_date_options_and_consequences() -> None:
    numbers = []
    for path in sorted((ROOT / "docs" / "adr").glob("*.md")):
        found = ADR.fullmatch(path.read_text(encoding="utf-8"))
        assert found, f"{path.name}: not in the form of the others"
        assert path.name.startswith(f"{int(found['number']):04d}-"), path.name
        numbers.append(found["number"])
    assert len(set(numbers)) == len(numbers)


def test_the_changelog_is_kept_as_keepachangelog_asks() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert releases[0] == "[Unreleased]"
    for release in releases[1:]:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", release), release
    kinds = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert kinds
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_hooks_run_what_lint_runs() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    lint = re.search(r"^LINT := ([a-z -]+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert lint
    assert re.findall(r"entry: make ([a-z-]+)", hooks) == lint[1].split()


def test_checksums_are_what_sha256sum_checks(tmp_path: Path) -> None:
    for name in ("b.whl", "a.tar.gz"):
        (tmp_path / name).write_bytes(name.encode())
    sums = checksums(tmp_path)
    (tmp_path / SUMS).write_text(sums)
    assert checksums(tmp_path) == sums
    check = ["sha256sum", "--check", "--strict", "--status", SUMS]
    assert subprocess.run(check, cwd=tmp_path).returncode == 0
    (tmp_path / "a.tar.gz").write_bytes(b"another")
    assert subprocess.run(check, cwd=tmp_path).returncode == 1


DOCS = ROOT / "docs"
DOCUMENTS = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").glob("*.md")]


def test_documents_link_to_what_is_there_and_lead_to_pages_of_the_site() -> None:
    places = {*OUTSIDE.values(), *(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*"))}
    lost = []
    for path in DOCUMENTS:
        source = place(path)
        page = OUTSIDE.get(source) or source.removeprefix("docs/")
        text = path.read_text(encoding="utf-8")
        lost += [
            f"{source}: {link[0]}"
            for link in LINK.finditer(CODE.sub("", text))
            if not (path.parent / link[1]).exists()
        ]
        if not source.startswith("examples/"):
            lost += [
                f"{page}: {link[0]}"
                for link in LINK.finditer(CODE.sub("", with_links(text, source, page)))
                if posixpath.normpath(posixpath.join(posixpath.dirname(page), link[1])) not in places
            ]
    assert lost == []


def test_links_in_code_stay_as_they_are() -> None:
    text = "[a](docs/api.md#how-often) `[b](docs/api.md)`\n```\n[c](README.md)\n```\n[d](https://example.org/x.md)"
    there = (
        "[a](../api.md#how-often) `[b](docs/api.md)`\n```\n[c](README.md)\n```\n[d](https://example.org/x.md)"
    )
    assert with_links(text, "README.md", "zh/index.md") == there


def test_colours_are_said_by_their_tokens() -> None:
    pages = ROOT / "api" / "web" / "src"
    for path in (*pages.rglob("*.vue"), *pages.rglob("*.css"), *pages.rglob("*.ts")):
        if path.name not in ("tokens.css", "openapi.d.ts"):
            said = re.findall(r"(?<!&)#(?:[0-9a-fA-F]{3}){1,2}\b", path.read_text(encoding="utf-8"))
            assert said == [], path
