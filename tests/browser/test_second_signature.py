"""What takes two officers' signatures: the page says so, and how the second is given. No dead end."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from playwright.sync_api import Page, expect

from ledger.crypto.keys import new_key, save_key
from ledger.domain.event import Event, Grant
from ledger.domain.possession import enrolment_code
from ledger.events.campaign import PolicyAmended
from ledger.events.registry import KeyRotated, OfficerEnrolled, RolesChanged
from ledger.events.rules import ExclusionsSet
from tests.browser.conftest import Enter
from tests.browser.working import open_page, recorded, sign
from tests.commands import run_command
from tests.founding import Founded


@pytest.fixture
def founded(founded: Founded) -> Founded:
    """A ledger with two registrars."""
    with founded.store.writer() as writer:
        founded.enrol(writer, "registrar2", "county", [Grant(role="registrar")])
    return founded


def key_file(founded: Founded, folder: Path, officer: str, name: str) -> None:
    save_key(founded.key(officer), folder / name, "")


def commands(page: Page, within: str) -> list[list[str]]:
    """The commands that the page gives, word by word."""
    return [shlex.split(text) for text in page.locator(f"{within} code").all_inner_texts() if " " in text]


def songnuan(folder: Path, words: list[str]) -> None:
    assert words[0] == "songnuan"
    done = run_command(*words[1:], env=os.environ, cwd=folder)
    assert done.returncode == 0, done.stderr


def submitted(folder: Path, words: list[str]) -> list[dict[str, Any]]:
    """What the service answers to the page's curl."""
    assert words[:2] == ["curl", "-H"]
    name, _, value = words[2].partition(": ")
    assert words[3] == "--data-binary"
    file = folder / words[4].removeprefix("@")
    answer = httpx2.post(words[5], content=file.read_bytes(), headers={name: value})
    outcomes: list[dict[str, Any]] = answer.json()["outcomes"]
    return outcomes


def row(page: Page, officer: str) -> Any:
    return page.locator("[data-test=officers] .rows tr", has_text=officer).first


def pick(page: Page, where: str, option: str) -> None:
    page.locator(where).first.click()
    page.locator(".el-select-dropdown__item:visible", has_text=option).click()


def change_roles(page: Page, founded: Founded) -> None:
    row(page, "tea-clerk2").locator("[data-test=change-roles]").click()
    page.click("[data-test=add-role]")
    pick(page, "[data-test=role-1]", "审批人")
    page.fill("[data-test=register-reason]", "岗位调整")


def rotate_key(page: Page, founded: Founded) -> None:
    row(page, "tea-clerk").locator("[data-test=rotate]").click()
    page.fill("[data-test=public-key]", enrolment_code(new_key(), founded.ledger, "tea-clerk"))


def enrol_registrar(page: Page, founded: Founded) -> None:
    page.click("[data-test=enrol]")
    page.fill("[data-test=code]", "registrar3")
    page.fill("[data-test=register-name]", "授权管理员三")
    page.fill("[data-test=public-key]", enrolment_code(new_key(), founded.ledger, "registrar3"))
    person = founded.people.person()
    page.fill("[data-test=person]", person.name)
    page.fill("[data-test=number]", person.number or "")
    page.click("[data-test=add-role]")
    pick(page, "[data-test=role-0]", "授权管理员")
    pick(page, "#register > label .el-select", "county")


@pytest.mark.parametrize(
    ("begin", "kind"),
    [(change_roles, RolesChanged), (rotate_key, KeyRotated), (enrol_registrar, OfficerEnrolled)],
)
def test_what_one_registrar_signed_goes_to_the_other_as_a_file(
    enter: Enter, founded: Founded, tmp_path: Path, begin: Any, kind: type[Event]
) -> None:
    page = enter("registrar")
    open_page(page, "registry")
    before = len(recorded(founded.store, kind))
    begin(page, founded)
    expect(page.locator("[data-test=takes-two]")).to_contain_text("两名授权管理员")
    page.click("[data-test=register-go]")
    sign(page)
    expect(page.locator("[data-test=refused]")).to_contain_text("second-registrar-missing")
    page.locator("[data-test=second] details").evaluate("details => { details.open = true }")
    with page.expect_download() as downloading:
        page.click("[data-test=second-file]")
    downloading.value.save_as(tmp_path / downloading.value.suggested_filename)
    key_file(founded, tmp_path, "registrar2", "KEY.pem")
    countersign, submit = commands(page, "[data-test=second]")
    songnuan(tmp_path, countersign)
    [outcome] = submitted(tmp_path, submit)
    assert "position" in outcome, outcome
    acts = recorded(founded.store, kind)
    assert len(acts) == before + 1
    assert len(acts[-1].signers) == 2


def test_what_one_registrar_signed_waits_in_the_others_tray(enter: Enter, founded: Founded) -> None:
    first = enter("registrar")
    open_page(first, "registry")
    change_roles(first, founded)
    first.click("[data-test=register-go]")
    sign(first)
    first.click("[data-test=to-tray]")
    expect(first.locator("[data-test=in-tray]")).to_contain_text("1 件")
    before = len(recorded(founded.store, RolesChanged))
    second = enter("registrar2")
    second.click("[data-test=desk-tray]")
    item = second.locator("[data-test=tray-item]")
    for said in ("tea-clerk2", "岗位调整", "审批人 · county", "授权管理员"):
        expect(item).to_contain_text(said)
    item.locator("[data-test=tray-tick]").click()
    second.click("[data-test=tray-sign]")
    sign(second)
    expect(second.locator("[data-test=receipt]")).to_be_visible()
    expect(second.locator("[data-test=tray-item]")).to_have_count(0)
    acts = recorded(founded.store, RolesChanged)
    assert len(acts) == before + 1
    assert len(acts[-1].signers) == 2


@pytest.mark.parametrize("way", ["file", "code"])
def test_what_is_brought_is_shown_whole_before_the_second_signs(
    enter: Enter, founded: Founded, tmp_path: Path, way: str
) -> None:
    first = enter("registrar")
    open_page(first, "registry")
    change_roles(first, founded)
    first.click("[data-test=register-go]")
    sign(first)
    first.locator("[data-test=second] details").evaluate("details => { details.open = true }")
    brought = tmp_path / ("brought.png" if way == "code" else "brought.ndjson")
    if way == "code":
        first.locator("[data-test=second] img").screenshot(path=brought)
    else:
        with first.expect_download() as downloading:
            first.click("[data-test=second-file]")
        downloading.value.save_as(brought)
    before = len(recorded(founded.store, RolesChanged))
    second = enter("registrar2")
    open_page(second, "tray")
    second.set_input_files("[data-test=tray-file]", __file__)
    expect(second.locator("[data-test=tray-failed]")).to_be_visible()
    second.set_input_files("[data-test=tray-file]", brought)
    item = second.locator("[data-test=tray-item]")
    for said in ("tea-clerk2", "岗位调整", "county"):
        expect(item).to_contain_text(said)
    item.locator("[data-test=tray-tick]").click()
    second.click("[data-test=tray-sign]")
    shown = second.locator("[data-test=sign]")
    shown.locator("[data-test=sign-acts] button").click()
    expect(shown).to_contain_text("RolesChanged.v1")
    sign(second)
    expect(second.locator("[data-test=receipt]")).to_be_visible()
    acts = recorded(founded.store, RolesChanged)
    assert (len(acts), len(acts[-1].signers)) == (before + 1, 2)


def by_command(page: Page, founded: Founded, folder: Path, within: str, body: dict[str, Any]) -> Any:
    """Does what the page says, with two keys."""
    key_file(founded, folder, "approver" if "policy" in body else "registrar", "KEY.pem")
    key_file(founded, folder, "approver2" if "policy" in body else "registrar2", "KEY2.pem")
    (folder / "body.json").write_bytes(orjson.dumps(body))
    _, signing, second, submit = [words for words in commands(page, within) if not words[0].startswith("{")]
    assert second == ["--second", "KEY2.pem"]
    songnuan(folder, [*signing, *second])
    [outcome] = submitted(folder, submit)
    return outcome


def test_a_policy_is_loosened_as_the_page_says(enter: Enter, founded: Founded, tmp_path: Path) -> None:
    page = enter("approver")
    open_page(page, "campaign")
    page.click("[data-test=amending] summary")
    policy = page.evaluate("async () => (await (await fetch('/campaigns')).json()).rows[0].policy")
    policy = _without_nulls(policy)
    policy["categories"] = [{**each, "standard_fen": 90_000} for each in policy["categories"]]
    body = {"campaign": "b2026", "policy": policy, "reason": "提高标准"}
    outcome = by_command(page, founded, tmp_path, "[data-test=amending]", body)
    assert "position" in outcome, outcome
    [act] = recorded(founded.store, PolicyAmended)
    assert len(act.signers) == 2


def test_exclusions_are_set_as_the_page_says(enter: Enter, founded: Founded, tmp_path: Path) -> None:
    page = enter("registrar")
    open_page(page, "registry")
    body: dict[str, Any] = {"exclusions": [], "reason": "人手不足"}
    outcome = by_command(page, founded, tmp_path, "[data-test=exclusions]", body)
    assert "position" in outcome, outcome
    [act] = recorded(founded.store, ExclusionsSet)
    assert len(act.signers) == 2


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value
