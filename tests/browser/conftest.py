"""Real browsers on a real service: whatever leaves this host, or a console error, fails the test."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from ledger.crypto import key_encryption
from ledger.crypto.keys import save_key
from tests.browser.working import PIN
from tests.founding import Founded
from tests.http.serving import served

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PASSPHRASE = "送暖 passphrase"
STILL = """
const still = new CSSStyleSheet()
still.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important }')
document.adoptedStyleSheets = [...document.adoptedStyleSheets, still]
"""
"""Nothing glides or fades: every frame would be drawn without a graphics card, and waited for."""

expect.set_options(timeout=15_000)


def chromium_program() -> str:
    """The system's Chromium."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert program is not None, "Chromium is needed: apt-get install chromium fonts-noto-cjk"
    return program


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def url(founded: Founded, tmp_path: Path) -> Iterator[str]:
    with founded.store.writer() as writer:
        founded.paid(writer)
        for _ in range(3):
            founded.nominated(writer)
    with served(founded, tmp_path) as url:
        yield url


Visit = Callable[[], Page]
Enter = Callable[[str], Page]


@pytest.fixture
def visit(chromium: Browser, url: str) -> Iterator[Visit]:
    """A new browser with nothing in it, at the first page."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def heard(kind: str, text: str) -> None:
        # That the ledger refuses, has no such thing or cannot be reached, the browser reports by itself.
        if kind in ("error", "warning") and not re.search(
            "status of (401|404|422)|ERR_INTERNET_DISCONNECTED|ERR_FAILED", text
        ):
            troubles.append(text)

    def new() -> Page:
        context = chromium.new_context(
            viewport={"width": 1366, "height": 768}, locale="zh-CN", base_url=url, accept_downloads=True
        )
        contexts.append(context)
        context.add_init_script(STILL)
        page = context.new_page()
        page.on("console", lambda said: heard(said.type, said.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((url, "data:", "blob:")) else troubles.append(request.url)
            ),
        )
        page.goto("/")
        return page

    yield new
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def enter(visit: Visit, founded: Founded, tmp_path: Path) -> Enter:
    """A browser in which an officer has imported their key and signed in."""

    def new(officer: str) -> Page:
        file = tmp_path / f"{officer}.pem"
        if not file.exists():
            # A file names its rounds; the page keeps the key under as many as ever.
            with patch.object(key_encryption, "ROUNDS", 70_000):
                save_key(founded.key(officer), file, PASSPHRASE)
        page = visit()
        page.set_input_files("[data-test=file]", file)
        page.fill("[data-test=import-word]", PASSPHRASE)
        page.fill("[data-test=import-pin]", PIN)
        page.click("[data-test=import]")
        page.click("[data-test=sign-in]")
        expect(page.get_by_role("heading", level=1)).not_to_have_text("密钥与登录")
        return page

    return new
