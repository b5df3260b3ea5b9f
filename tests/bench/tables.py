"""A table at full size, in a browser: ``python -m tests.bench.tables [--folder FOLDER] [--rounds N] [--markdown]``.

``FOLDER`` is a ledger that ``songnuan simulate --years 4 --units 40 --recipients 60 --keys`` made; without one it is made
first. Times are the page's own, from the act to the frame in which its rows stand.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil
from playwright.sync_api import Page, sync_playwright

from ledger.storage.store import OpenStore, Store
from tests.bench.__main__ import print_measures
from tests.bench.measures import Measure
from tests.browser.conftest import FLAGS, chromium_program

COMMAND = str(Path(sys.executable).parent / "songnuan")
SIZE = ["--years", "4", "--units", "40", "--recipients", "60", "--keys"]
SCROLLED_ROWS = 10_000

_SHOWN = """([act, name, wanted]) => new Promise((done, failed) => {
    const started = performance.now()
    const late = setTimeout(() => failed(new Error('no rows came')), 20_000)
    act === 'open'
        ? document.querySelector(`nav a[href="/app/${name}"]`).click()
        : (() => {
            const field = document.querySelector(`[data-test=${name}] [data-test=search] input, input[data-test=search]`)
            field.value = act
            field.dispatchEvent(new Event('input', { bubbles: true }))
        })()
    const look = () => {
        const table = document.querySelector(`[data-test=${name}]`)
        const rows = table?.querySelectorAll('.rows tr td span:not(.wait)') ?? []
        const total = table?.querySelector('[data-test=total]')?.textContent ?? ''
        if (rows.length > 0 && table.ariaBusy === 'false' && (wanted === '' || total !== wanted)) {
            clearTimeout(late)
            done(performance.now() - started)
        } else requestAnimationFrame(look)
    }
    look()
})"""
_SCROLLED = """([name, rows]) => new Promise((done) => {
    const frame = document.querySelector(`[data-test=${name}] .frame`)
    const height = frame.querySelector('.rows tr').offsetHeight
    const frames = []
    let before = performance.now()
    const step = (now) => {
        frames.push(now - before)
        before = now
        if (frame.scrollTop >= rows * height - frame.clientHeight - height) done(frames)
        else { frame.scrollTop += 8 * height; requestAnimationFrame(step) }
    }
    requestAnimationFrame((now) => { before = now; requestAnimationFrame(step) })
})"""


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [COMMAND, "serve", "--port", str(port)],
        env={**os.environ, "SONGNUAN_DATA_DIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                httpx2.get(f"{url}/healthz", timeout=5)
                break
            except httpx2.HTTPError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def _opened(page: Page, url: str) -> None:
    page.goto(f"{url}/app/key")
    page.click("[data-test=play-auditor]")
    page.wait_for_url(lambda address: not address.endswith("/key"))
    page.wait_for_load_state("networkidle")


def _times(page: Page, rounds: int) -> tuple[list[float], list[float], list[float]]:
    """How long first rows and searches took, and the longest frame of each scroll, in milliseconds."""
    first: list[float] = []
    searched: list[float] = []
    frames: list[float] = []
    for number in range(rounds + 1):
        page.click('nav a[href="/app/key"]')
        page.wait_for_load_state("networkidle")
        opened = page.evaluate(_SHOWN, ["open", "roster", ""])
        page.wait_for_load_state("networkidle")
        total = page.locator("[data-test=roster] [data-test=total]").inner_text()
        scrolled = page.evaluate(_SCROLLED, ["roster", SCROLLED_ROWS])
        page.wait_for_load_state("networkidle")
        found = page.evaluate(_SHOWN, ["张", "roster", total])
        page.wait_for_load_state("networkidle")
        if number == 0:
            continue  # the modules of the page, and the masked names, are fetched once
        first.append(opened)
        searched.append(found)
        frames.append(max(scrolled))
    return first, searched, frames


def _figures(page: Page, folder: Path) -> tuple[str, str]:
    """The table's own figures, and those of SQL."""
    found = page.locator("[data-test=roster] [data-test=total]").inner_text()
    page.evaluate(_SHOWN, ["", "roster", found])
    shown = page.locator("[data-test=roster] [data-test=figures]")
    said = f"{shown.locator('[data-test=total]').inner_text()} {shown.locator('[data-test=sum-approved_fen]').inner_text()}"
    with OpenStore(Store(folder)) as store, store.connect() as connection:
        row: Any = connection.execute(
            "SELECT count(*), sum(approved_fen)::bigint FROM views.cases WHERE to_position IS NULL"
        ).fetchone()
    return said, f"{row[0]:,} 行 {row[1] / 100:,.2f}"


def measured(folder: Path, rounds: int) -> list[Measure]:
    """The lines of the table, on a ledger that stands."""
    with _served(folder) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        _opened(page, url)
        first, searched, frames = _times(page, rounds)
        said, counted = _figures(page, folder)
        browser.close()
    rows, words, frame = (statistics.median(each) for each in (first, searched, frames))
    return [
        Measure("first rows of the roster", f"{rows:.0f} ms", "—", "—", "≤ 500 ms", rows <= 500),
        Measure("a search in it, by masked name", f"{words:.0f} ms", "—", "—", "≤ 300 ms", words <= 300),
        Measure(
            f"longest frame, {SCROLLED_ROWS:,} rows scrolled",
            f"{frame:.0f} ms",
            "—",
            "—",
            "≤ 50 ms",
            frame <= 50,
        ),
        Measure("its figures", said, counted, "—", "SQL's", said == counted),
    ]


def main() -> None:
    """Simulate where no ledger was named, and print the lines."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="songnuan-bench-") as made:
        os.chmod(made, 0o755)
        folder = given.folder or Path(made) / "ledger"
        if given.folder is None:
            subprocess.run([COMMAND, "simulate", str(folder), *SIZE], check=True, stdout=subprocess.DEVNULL)
        print(f"load before: {psutil.getloadavg()[0]:.1f}", file=sys.stderr)
        print_measures(measured(folder, given.rounds), given.markdown)


if __name__ == "__main__":
    main()
