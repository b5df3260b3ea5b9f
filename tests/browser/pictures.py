"""Pictures of the pages for docs/pages/: ``python -m tests.browser.pictures``, on a demonstration ledger."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS, chromium_program

COMMAND = str(Path(sys.executable).parent / "songnuan")
PORT = 8719
Size = tuple[int, int]
TO = Path(__file__).parent.parent.parent / "docs" / "pages"


def play(page: Page, officer: str) -> None:
    """Signs in as one of the demonstration's officers."""
    page.goto(f"http://127.0.0.1:{PORT}/app/key")
    page.click(f"[data-test=play-{officer}]")
    page.wait_for_url(lambda url: not url.endswith("/key"))


def picture(page: Page, name: str) -> None:
    """Waits until the page is still, and takes its picture."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2_500)  # charts grow into their places
    page.screenshot(path=TO / f"{name}.png")


def take_all(page: Page) -> None:
    """Every page once."""
    page.goto(f"http://127.0.0.1:{PORT}/")
    page.wait_for_selector("[data-test=demo]")
    picture(page, "key")
    play(page, "inspector")
    picture(page, "desk")
    page.click('nav a[href="/app/money"]')
    picture(page, "money")
    page.locator("header .el-select").click()
    page.get_by_role("option", name="心系职工情").click()
    for name in ("roster", "flags", "cases", "campaign", "reports", "registry"):
        page.click(f'nav a[href="/app/{name}"]')
        picture(page, name)
    flag = "[data-test=flags] .rows tr"
    page.click('nav a[href="/app/flags"]')
    page.locator(flag, has_text="同一身份证").or_(page.locator(flag, has_text="共用账户")).first.click()
    page.wait_for_selector("[data-test=dossiers]")
    picture(page, "evidence")
    page.click("[data-test=show-graph]")
    page.locator("g.node.unit .body").first.dblclick()
    page.wait_for_selector("g.node.chosen.unit")
    picture(page, "canvas")
    page.goto(f"http://127.0.0.1:{PORT}/app/audit")
    page.get_by_role("slider").press("PageDown")
    for _ in range(160):
        page.get_by_role("slider").press("ArrowLeft")
    page.fill("[data-test=entry]", "1200")
    page.click("[data-test=check]")
    page.wait_for_selector("[data-test=steps] li:nth-child(4)")
    picture(page, "audit")
    page.get_by_role("button", name="回到现在").first.click()
    page.goto(f"http://127.0.0.1:{PORT}/app/roster?state=approved")
    play(page, "finance")
    page.goto(f"http://127.0.0.1:{PORT}/app/roster?state=approved")
    boxes = page.locator("[data-test=roster] .rows input[type=checkbox]")
    boxes.first.wait_for()
    for index in range(min(3, boxes.count())):
        boxes.nth(index).click()
    page.click("[data-test=pay]")
    page.fill("[data-test=document]", "付字 7 号")
    page.wait_for_selector("[data-test=after]")
    page.click("[data-test=go]")
    page.wait_for_selector("[data-test=sign-button]")
    picture(page, "sign")
    page.goto(f"http://127.0.0.1:{PORT}/app/roster")
    page.wait_for_selector("[data-test=notices] a")
    page.goto(f"http://127.0.0.1:{PORT}{page.locator('[data-test=notices] a').first.get_attribute('href')}")
    page.wait_for_selector("tbody tr")
    picture(page, "notice")


def take_phone(page: Page) -> None:
    """The page of handing out, as on a telephone."""
    play(page, "sugar-clerk")
    page.goto(f"http://127.0.0.1:{PORT}/app/handout")
    page.locator("[data-test=choose-campaign] button").first.click()
    page.click("[data-test=standing-given]")
    picture(page, "handout")


def take_levels(page: Page) -> None:
    """The map of ledgers below, and the inbox of matches."""
    play(page, "inspector")
    page.goto(f"http://127.0.0.1:{PORT}/app/levels")
    picture(page, "levels")
    page.locator("[data-test=match-counts]").scroll_into_view_if_needed()
    picture(page, "inbox")


def taken(
    folder: Path, made_by: list[str], ledger: str, *takers: tuple[Callable[[Page], None], Size]
) -> None:
    """Makes a demonstration, serves a ledger of it, and takes the pictures, each taker in its size of a screen."""
    place = folder / made_by[0]
    subprocess.run([COMMAND, *made_by, "--folder", str(place)], check=True, stdout=subprocess.DEVNULL)
    environment = {**os.environ, "SONGNUAN_DATA_DIR": str(place / ledger)}
    service = subprocess.Popen([COMMAND, "serve", "--port", str(PORT)], env=environment)
    try:
        for _ in range(300):
            try:
                httpx2.get(f"http://127.0.0.1:{PORT}/healthz")
                break
            except httpx2.HTTPError:
                time.sleep(0.2)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_program(), args=FLAGS)
            for take, (width, height) in takers:
                take(browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN"))
            browser.close()
    finally:
        service.terminate()
        service.wait()


def main() -> None:
    """The demonstrations of one ledger and of levels, and their pictures."""
    TO.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        wide, phone = (1366, 768), (390, 844)
        taken(Path(folder), ["demo"], "", (take_all, wide), (take_phone, phone))
        taken(Path(folder), ["federation", "demo"], "city", (take_levels, wide))


if __name__ == "__main__":
    main()
