"""Every page of the router in both languages: usable by everybody (axe, WCAG 2 A and AA), and no text left untranslated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from playwright.sync_api import Error, Page, Response, expect

from tests.browser.conftest import Enter
from tests.browser.working import WEB

ROUTED = sorted(set(re.findall(r"path: '(/[a-z]+)', name", (WEB / "src" / "router.ts").read_text("utf-8"))))
CHINESE = re.compile("[\u4e00-\u9fff]+")
AXE = (WEB / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
LEFT_TO = "[data-test=language], .mono, code"
"""Where the other language may stand: the switch, and what is to be typed as it is."""


def faults(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds that is serious."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})")
    return [
        (each["id"], [node["html"][:160] for node in each["nodes"]][:3])
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def texts(page: Page) -> list[str]:
    """All texts of the page, with labels and hints."""
    found: list[str] = page.evaluate(
        """(left) => {
            const found = []
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                if (node.parentElement.closest(`script, style, ${left}`) === null) found.push(node.data)
            }
            for (const each of document.body.querySelectorAll('[placeholder], [aria-label], [title]')) {
                if (each.closest(left) === null) found.push(...['placeholder', 'aria-label', 'title'].map((name) => each.getAttribute(name) ?? ''))
            }
            return found.map((text) => text.trim()).filter((text) => text !== '')
        }""",
        LEFT_TO,
    )
    return found


def said(answer: Any) -> Iterator[str]:
    """The texts of an answer that are not the Chinese side of two."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            if name != "zh":
                yield from said(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from said(value)
    elif isinstance(answer, str):
        yield answer


def look_at(page: Page, known: set[str], english: bool) -> list[str]:
    """What is wrong with the page as it stands."""
    page.wait_for_load_state("networkidle")
    wrong = [f"axe {rule}: {nodes}" for rule, nodes in faults(page)]
    for text in texts(page):
        if re.fullmatch(r"[a-z][a-zA-Z]+(\.[a-zA-Z-]+)+", text) and not text.endswith((".pem", ".zip")):
            wrong.append(f"no text: {text}")
        if english:
            data = "\n".join(known)
            wrong += [f"Chinese: {text}" for run in CHINESE.findall(text) if run not in data]
    return wrong


def test_every_page_is_usable_and_translated(enter: Enter) -> None:
    page = enter("inspector")
    known: set[str] = set()

    def hear(response: Response) -> None:
        if response.ok and "json" in response.headers.get("content-type", ""):
            with suppress(Error):  # the page was left before the answer was there
                known.update(said(response.json()))

    page.on("response", hear)
    wrong: dict[str, list[str]] = {}
    for language in ("zh", "en"):
        page.evaluate("(language) => localStorage.setItem('songnuan-language', language)", language)
        for path in ROUTED:
            page.goto(f"/app{path}")
            expect(page.locator("main, article, form").first).to_be_visible()
            if found := look_at(page, known, language == "en"):
                wrong[f"{path} {language}"] = found
            if path == "/flags":
                page.locator("[data-test=flags] .rows tr").first.click()
                expect(page.locator("[data-test=flag]")).to_be_visible()
                if found := look_at(page, known, language == "en"):
                    wrong[f"{path} drawer {language}"] = found
    assert wrong == {}
