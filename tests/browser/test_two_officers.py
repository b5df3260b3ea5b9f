"""Two officers one after the other at one browser: the second is shown nothing of the first one's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Response, expect

from ledger.crypto.keys import public_hex, save_key
from tests.browser.conftest import PASSPHRASE, Enter
from tests.browser.working import PIN, open_page
from tests.founding import Founded

QUESTIONS = ("/roster", "/roster/counts", "/notices", "/officers", "/units", "/balances?by=unit")


def asked(page: Page, path: str) -> dict[str, Any]:
    """What the browser itself answers to the page, out of its cache where it has it there."""
    answer: dict[str, Any] = page.evaluate(
        "async (path) => { const said = await fetch(path); return {status: said.status, text: await said.text()} }",
        path,
    )
    return answer


def import_key(page: Page, file: Path) -> None:
    page.set_input_files("[data-test=file]", file)
    page.fill("[data-test=import-word]", PASSPHRASE)
    page.fill("[data-test=import-pin]", PIN)
    page.click("[data-test=import]")


def test_the_second_is_shown_nothing_of_the_first(enter: Enter, founded: Founded, tmp_path: Path) -> None:
    page = enter("tea-clerk")
    open_page(page, "roster")
    expect(page.locator("main")).to_contain_text("*")
    first = {path: asked(page, path)["text"] for path in QUESTIONS}
    assert "tea-clerk" in first["/officers"]
    before: list[Response] = []
    page.on("response", lambda answer: before.append(answer))
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("密钥与登录")
    gone = next(answer for answer in before if answer.request.method == "DELETE")
    assert gone.all_headers().get("clear-site-data") == '"cache"'
    expect(page.locator("body")).not_to_contain_text("*")

    save_key(founded.key("sugar-clerk"), tmp_path / "second.pem", PASSPHRASE)
    import_key(page, tmp_path / "second.pem")
    second_key = page.locator("[data-test=key]", has_text=public_hex(founded.signer("sugar-clerk").key))
    second_key.locator("[data-test=sign-in]").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("密钥与登录")
    assert asked(page, "/session")["text"].count("sugar-clerk") >= 1
    for path in QUESTIONS:
        second = asked(page, path)
        assert second["status"] == 200
        assert "tea" not in second["text"], f"{path}: {second['text']}"
    open_page(page, "roster")
    expect(page.locator("main")).not_to_contain_text("*")
    # Going back shows no page that was left as it stood.
    page.go_back()
    expect(page.locator("main")).not_to_contain_text("*")


def test_a_tab_does_not_go_on_under_the_name_of_who_was_signed_in_before(
    enter: Enter, founded: Founded, tmp_path: Path
) -> None:
    first = enter("inspector")
    open_page(first, "roster")
    second = first.context.new_page()
    second.goto("/app/key")
    second_key = tmp_path / "second.pem"
    save_key(founded.key("tea-clerk"), second_key, PASSPHRASE)
    import_key(second, second_key)
    second.locator("[data-test=key]", has_text=public_hex(founded.signer("tea-clerk").key)).locator(
        "[data-test=sign-in]"
    ).click()
    expect(second.locator("header")).to_contain_text("tea-clerk")
    expect(first.locator("[data-test=elsewhere]")).to_be_visible()
    expect(first.locator("body")).not_to_contain_text("*")
    expect(second.locator("header")).to_contain_text("tea-clerk")
