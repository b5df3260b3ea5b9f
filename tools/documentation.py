"""The documentation's site (文档站): what mkdocs asks while ``make docs`` builds it, as hooks of mkdocs.yml.

The pages are the repository's own documents, where they are: nothing is written twice. Those outside docs/
have places of their own in the site, links between documents lead to the page instead of the file, and the
decisions and flags are listed from their folders. The API pages are made from the code.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
DOCS = "docs"
OUTSIDE: Mapping[str, str] = {
    "README.md": "index.md",
    "README.zh.md": "zh.md",
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "license.md",
    "examples": "examples.md",
    "docs/adr": "adr/index.md",
    "docs/flags": "flags/index.md",
}
"""Where in the site stands what is not a page in docs/: files of the repository, and folders as lists."""

CODE = re.compile(r"(^```.*?^```|`[^`\n]*`)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")
"""Code, which links in it are none of; and a link within the repository: its file, and its anchor."""

_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the folders' pages into the navigation, below their lists."""
    assert config.nav is not None
    for entry in config.nav:
        for title, pages in entry.items():
            for folder in ("adr", "flags"):
                if pages == f"{folder}/":
                    entry[title] = [f"{folder}/index.md", *_pages(folder)]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add to the files in docs/ what comes from elsewhere."""
    for place, text in _made():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead the links of a document to pages of the site."""
    return with_links(markdown, source_of(page.file.src_uri), page.file.src_uri)


def source_of(place: str) -> str:
    """Which file or folder of the repository a page of the site is made from."""
    elsewhere = {site: source for source, site in OUTSIDE.items()}
    return elsewhere.get(place, f"{DOCS}/{place}")


def with_links(markdown: str, source: str, place: str) -> str:
    """A document's text, its links relative to ``place`` in the site; code stays as it is.

    Args:
        markdown: the text.
        source: the file that it is of, or the folder, from the repository's root.
        place: where it stands in the site.
    """
    beside = source if source in OUTSIDE and "." not in source else posixpath.dirname(source)

    def lead(link: re.Match[str]) -> str:
        named = posixpath.normpath(posixpath.join(beside, link[1]))
        site = OUTSIDE.get(named) or (named.removeprefix(f"{DOCS}/") if named.startswith(DOCS) else None)
        if site is None:
            # A file that is no page: as it was, for mkdocs to warn of.
            return link[0]
        return posixpath.relpath(site, posixpath.dirname(place) or ".") + (link[2] or "")

    parts = CODE.split(markdown)
    return "".join(part if index % 2 else LINK.sub(lead, part) for index, part in enumerate(parts))


def _pages(folder: str) -> list[str]:
    return [f"{folder}/{path.name}" for path in sorted((ROOT / DOCS / folder).glob("*.md"))]


def _made() -> Iterator[tuple[str, str]]:
    """Pages that do not stand in docs/, each with its place in the site."""
    for source, place in OUTSIDE.items():
        if (ROOT / source).is_file():
            text = (ROOT / source).read_text(encoding="utf-8")
            yield place, text if source.endswith(".md") else f"# {source}\n\n```text\n{text}```\n"
    yield "examples.md", _examples()
    yield "adr/index.md", _listed("adr", "Decisions", "决策记录")
    yield "flags/index.md", _listed("flags", "Flags", "疑点规则")
    yield "python.md", _documented("Python: verifying", "ledger.verify")
    yield (
        "python-signing.md",
        _documented("Python: signing", "ledger.crypto.keys", "ledger.statements.statement"),
    )
    groups = sorted(path.stem for path in (ROOT / "ledger" / "events").glob("[!_]*.py"))
    yield "python-events.md", _documented("Python: events", *(f"ledger.events.{group}" for group in groups))
    yield (
        "http.md",
        '# HTTP API (接口)\n\n[What the description cannot say](api.md).\n\n<swagger-ui src="openapi.json"/>\n',
    )
    yield "openapi.json", _openapi()


def _examples() -> str:
    parts = [(ROOT / "examples" / "README.md").read_text(encoding="utf-8")]
    parts += [
        f"## {path.name}\n\n```python\n{path.read_text(encoding='utf-8')}```\n"
        for path in sorted((ROOT / "examples").glob("*.py"))
    ]
    return "\n".join(parts)


def _listed(folder: str, english: str, chinese: str) -> str:
    lines = [f"# {english} ({chinese})\n"]
    for path in sorted((ROOT / DOCS / folder).glob("*.md")):
        title = _TITLE.search(path.read_text(encoding="utf-8"))
        assert title, path
        lines.append(f"- [{title[1]}]({path.name})")
    return "\n".join(lines) + "\n"


def _documented(title: str, *modules: str) -> str:
    return f"# {title}\n\n" + "\n".join(f"::: {module}\n" for module in modules)


def _openapi() -> str:
    # Here, so that the links can be tested without the service.
    from api.app import create_app
    from api.service.settings import Settings

    return json.dumps(create_app(Settings()).openapi(), ensure_ascii=False)
