"""Keys in a real browser: made, kept under a PIN, forgotten, signed in with."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from ledger.crypto.keys import load_key, public_hex
from tests.browser.conftest import PASSPHRASE, Enter, Visit
from tests.browser.working import (
    PIN,
    choose,
    open_page,
    sign,
)
from tests.founding import Founded

KEPT = """() => new Promise((done) => {
    const open = indexedDB.open('songnuan', 1)
    open.onsuccess = () => {
        const all = open.result.transaction('keys').objectStore('keys').getAll()
        all.onsuccess = () => done(all.result.map((kept) => ({ ...kept, handle: kept.handle !== undefined })))
    }
})"""
"""The keys as the browser keeps them."""


CHANGED = """async ([changes, seed]) => {
    const open = indexedDB.open('songnuan', 1)
    const database = await new Promise((done) => { open.onsuccess = () => done(open.result) })
    const pkcs8 = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20, ...seed])
    const handle = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign'])
    const keys = database.transaction('keys', 'readwrite').objectStore('keys')
    const [kept] = await new Promise((done) => {
        const all = keys.getAll()
        all.onsuccess = () => done(all.result)
    })
    const { box, ...rest } = kept
    const changed = 'box' in changes ? { ...rest, handle } : { ...kept, ...changes }
    await new Promise((done) => { keys.put(changed).onsuccess = done })
}"""
"""Changes the one key that is kept; without its box it is as it was before there were PINs."""


class TestKeys:
    def test_a_key_is_made_here_and_its_backup_opens_elsewhere(self, visit: Visit, tmp_path: Path) -> None:
        page = visit()
        page.fill("[data-test=word]", "short")
        page.fill("[data-test=again]", "short")
        page.click("[data-test=make]")
        expect(page.locator("[data-test=failed]")).to_contain_text("至少 8 个字符")
        page.fill("[data-test=word]", PASSPHRASE)
        page.fill("[data-test=again]", PASSPHRASE)
        page.fill("[data-test=new-pin]", "12345")
        page.click("[data-test=make]")
        expect(page.locator("[data-test=failed]")).to_contain_text("至少 6 位")
        page.fill("[data-test=new-pin]", PIN)
        page.click("[data-test=make]")
        with page.expect_download() as download:
            page.click("[data-test=backup]")
        download.value.save_as(tmp_path / "backup.pem")
        key = load_key(tmp_path / "backup.pem", PASSPHRASE)
        expect(page.locator("[data-test=key]")).to_contain_text(public_hex(key))

    def test_it_stays_over_a_reload_under_its_pin(self, enter: Enter) -> None:
        page = enter("tea-confirmer")
        (kept,) = page.evaluate(KEPT)
        assert kept["box"].startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert (kept["handle"], kept["wrong"]) == (False, 0)
        assert "songnuan_session" not in page.evaluate("document.cookie")
        page.goto("/app/roster")
        choose(page, "已申报")
        page.click("[data-test=confirm]")
        button = page.locator("[data-test=sign-button]:visible")
        expect(button).to_be_disabled()
        page.fill("[data-test=sign-pin]", "another")
        button.click()
        expect(page.locator("[data-test=sign-failed]")).to_contain_text("PIN 错误")
        assert [kept["wrong"] for kept in page.evaluate(KEPT)] == [1]
        sign(page)
        expect(page.locator("[data-test=receipt]")).to_contain_text("已登记")
        assert [kept["wrong"] for kept in page.evaluate(KEPT)] == [0]

    def test_after_ten_wrong_pins_the_browser_has_forgotten_it(self, enter: Enter) -> None:
        page = enter("finance")
        page.goto("/app/key")
        page.evaluate(CHANGED, [{"wrong": 8}, [0] * 32])
        for said in ("PIN 错误", "已移除该密钥"):
            page.fill("[data-test=pin]", "guessed")
            page.click("[data-test=sign-in]")
            expect(page.locator("[data-test=failed]")).to_contain_text(said)
        expect(page.locator("[data-test=key]")).to_have_count(0)
        assert page.evaluate(KEPT) == []

    def test_one_kept_before_there_were_pins_signs_in_and_is_warned_of(
        self, enter: Enter, founded: Founded
    ) -> None:
        page = enter("finance")
        seed = list(founded.key("finance").private_bytes_raw())
        page.evaluate(CHANGED, [{"box": None}, seed])
        page.context.clear_cookies()
        page.goto("/app/key")
        expect(page.locator("[data-test=no-pin]")).to_contain_text("重新导入")
        page.click("[data-test=sign-in]")
        expect(page.get_by_role("heading", level=1)).not_to_have_text("密钥与登录")

    def test_a_session_that_is_over_asks_to_sign_in_again(self, enter: Enter) -> None:
        page = enter("finance")
        page.context.clear_cookies()
        open_page(page, "roster")
        expect(page.get_by_role("heading", level=1)).to_have_text("密钥与登录")
        # The kept keys are listed a moment after the page stands.
        expect(page.locator("[data-test=sign-in]")).to_be_visible()
        if page.locator("[data-test=pin]").count():
            page.fill("[data-test=pin]", PIN)
        page.click("[data-test=sign-in]")
        expect(page.get_by_role("heading", level=1)).to_have_text("名单")

    def test_a_wrong_passphrase_and_a_stranger(self, visit: Visit, founded: Founded, tmp_path: Path) -> None:
        from ledger.crypto.keys import new_key, save_key

        save_key(new_key(), tmp_path / "key.pem", PASSPHRASE)
        page = visit()
        page.set_input_files("[data-test=file]", tmp_path / "key.pem")
        page.fill("[data-test=import-word]", "another")
        page.fill("[data-test=import-pin]", PIN)
        page.click("[data-test=import]")
        expect(page.locator("[data-test=failed]")).to_contain_text("口令错误")
