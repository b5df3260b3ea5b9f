"""``songnuan unit`` and ``songnuan officer``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from api.cli import columns
from api.cli.acts.questions import CAMPAIGNS, OFFICERS, UNITS
from api.cli.answers import Shape, answer
from api.cli.desk import at_service, record
from api.cli.exit_codes import Misused
from api.cli.keys import EnrolmentCode, key_in
from api.cli.language import say, titled
from api.cli.opening import IdentityFile, KeyFile, checked, disclosed, json_in, opened
from api.cli.output import AsJson, headings, one_of, print_json, print_table
from api.cli.passphrases import PassphraseFile
from api.cli.receipts import print_receipt
from api.gate import Row
from api.registry.rows import Officer, Unit
from ledger.clock import CHINA, utc_now
from ledger.domain.authority import Exclusion, strict_exclusions
from ledger.domain.event import ROLE_TITLES, Grant, Role
from ledger.domain.level import LEVEL_TITLES
from ledger.events.registry import OfficerEnrolled, OfficerIdentified, RolesChanged, UnitRegistered
from ledger.events.rules import ExclusionsSet

Grants = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        help=say("角色[@单位[@活动]]，可多次；角色：", "role[@unit[@campaign]], repeatable; roles: ")
        + ", ".join(get_args(Role)),
    ),
]


def grants_of(texts: list[str]) -> list[Grant]:
    """``role@unit@campaign`` as grants; without a unit the role holds for all."""
    grants = []
    for text in texts:
        role, _, rest = text.partition("@")
        unit, _, campaign = rest.partition("@")
        one_of(role, get_args(Role), "--role")
        grants.append(
            Grant.model_validate({"role": role, "unit": unit or None, "campaign": campaign or None})
        )
    return grants


def register(
    key: KeyFile,
    unit: Annotated[str, typer.Argument(help=say("单位代码", "the unit's code"))],
    name: Annotated[str, typer.Option(help=say("单位名称", "the unit's name"))],
    level: Annotated[
        str, typer.Option(help="province, city, county, department, town, grass-roots, enterprise")
    ],
    parent: Annotated[str | None, typer.Option(help=say("上级单位代码", "the parent's code"))] = None,
    staff_count: Annotated[int | None, typer.Option(help=say("职工人数", "number of staff"))] = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Registers a unit below its parent."""
    body = {"unit": unit, "name": name, "level": level, "parent": parent, "staff_count": staff_count}
    event = checked(UnitRegistered, body)
    print_receipt(record(event, key, passphrase_file), as_json)


def enrol(
    key: KeyFile,
    officer: Annotated[str, typer.Argument(help=say("人员代码", "the officer's code"))],
    name: Annotated[str, typer.Option(help=say("姓名职务", "name and duty"))],
    unit: Annotated[str, typer.Option(help=say("所在单位", "the officer's unit"))],
    code: EnrolmentCode,
    role: Grants = None,
    valid_from: Annotated[str | None, typer.Option(help=say("启用时间", "valid from"))] = None,
    identity: IdentityFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Enrols an officer; who is to hold a role has their identity committed to."""
    promise, disclosure = disclosed(identity)
    now = utc_now().astimezone(CHINA).isoformat(timespec="seconds")
    event = checked(
        OfficerEnrolled,
        {
            "officer": officer,
            "name": name,
            "unit": unit,
            **key_in(code),
            "valid_from": valid_from or now,
            "grants": [grant.model_dump(exclude_none=True) for grant in grants_of(role or [])],
            "identity_commitment": promise,
        },
    )
    print_receipt(record(event, key, passphrase_file, disclosure=disclosure), as_json)


def identify(
    key: KeyFile,
    officer: Annotated[str, typer.Argument(help=say("人员代码", "the officer's code"))],
    identity: Annotated[
        Path, typer.Option(help=say("身份信息文件（JSON），存入保险库", "the identity (JSON), for the vault"))
    ],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Commits to an officer's identity where the enrolment did not."""
    promise, disclosure = disclosed(identity)
    event = OfficerIdentified(officer=officer, identity_commitment=promise or "")
    print_receipt(record(event, key, passphrase_file, disclosure=disclosure), as_json)


def roles(
    key: KeyFile,
    officer: str,
    reason: Annotated[str, typer.Option(help=say("事由", "the reason"))],
    role: Grants = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Sets an officer's roles; those not named end."""
    event = RolesChanged(officer=officer, grants=grants_of(role or []), reason=reason)
    print_receipt(record(event, key, passphrase_file), as_json)


def _standing(kind: str) -> list[dict[str, Any]]:
    with opened() as store, store.connect() as connection:
        rows = connection.execute(
            "SELECT value FROM ledger.standing WHERE key >= %s AND key < %s ORDER BY key",
            (f"{kind}/", f"{kind}0"),
        ).fetchall()
    return [row[0] for row in rows]


def units(as_json: AsJson = False) -> None:
    """Lists units with their parents; at a service those that its officer may see, without years of sanctions."""
    with at_service() as desk:
        there = None if desk is None else desk.rows(UNITS)
    if there is not None:
        shown = columns.listed(Unit, "unit", "name", "level", "parent")
        answer(say("单位", "Units"), shown, there, Shape(as_json))
        return
    found = _standing("unit")
    if as_json:
        print_json(found)
        return
    names = {unit["id"]: unit["name"] for unit in found}
    print_table(
        say("单位", "Units"),
        [
            (heading, "left")
            for heading in (
                *headings(Unit, "unit", "name", "level", "parent"),
                say("取消资格年度", "banned"),
            )
        ],
        [
            (
                u["id"],
                u["name"],
                titled(LEVEL_TITLES[u["level"]]),
                _called(names, (u["ancestors"] or [""])[0]),
                ", ".join(u["banned"]),
            )
            for u in found
        ],
    )


def officers(as_json: AsJson = False) -> None:
    """Lists officers with their roles and keys; at a service as far as its officer may know of them."""
    with at_service() as desk:
        there = None if desk is None else desk.rows(OFFICERS)
        names = {} if desk is None or as_json else _places(desk.rows(UNITS), desk.rows(CAMPAIGNS))
    if there is not None and as_json:
        print_json(there)
        return
    if there is not None:
        found = [
            {**o, "id": o["officer"], "grants": o["grants"] or [], "keys": [k["key"] for k in o["keys"]]}
            for o in there
        ]
        keys = {key["key"]: key for o in there for key in o["keys"]}
    else:
        found = _standing("officer")
        keys = {key["id"]: key for key in _standing("key")}
        names = {
            each["id"]: each.get("name") or each["title"]
            for each in _standing("unit") + _standing("campaign")
        }
    if as_json:
        print_json([{**o, "keys": [keys[k] for k in o["keys"]]} for o in found])
        return

    def role_text(grant: dict[str, Any]) -> str:
        places = (_called(names, grant[kind]) for kind in ("unit", "campaign") if grant[kind])
        return say(*ROLE_TITLES[grant["role"]]) + "".join(f"@{place}" for place in places)

    print_table(
        say("人员", "Officers"),
        [(heading, "left") for heading in headings(Officer, "officer", "name", "unit", "grants", "keys")],
        [
            (
                o["id"],
                o["name"],
                _called(names, o["unit"]),
                ", ".join(map(role_text, o["grants"])),
                ", ".join(
                    k[:12] + (say("（注销）", " (revoked)") if keys[k]["revoked_from"] else "")
                    for k in o["keys"]
                ),
            )
            for o in found
        ],
    )


def _places(units: list[Row], campaigns: list[Row]) -> dict[str, str]:
    """What the units and campaigns over which roles are held are called."""
    return {row["unit"]: row["name"] for row in units} | {row["campaign"]: row["title"] for row in campaigns}


def _called(names: Mapping[str, str], code: str | None) -> str:
    """A name with its code; the code alone where nobody says its name."""
    if not code:
        return ""
    return say(f"{names[code]}（{code}）", f"{names[code]} ({code})") if code in names else code


def exclusions(
    file: Annotated[
        Path | None,
        typer.Option(
            "--set",
            help=say("新的设定（JSON，同 --json 的输出）", "the new ones (JSON, as --json prints them)"),
        ),
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", envvar="SONGNUAN_KEY")] = None,
    reason: Annotated[str | None, typer.Option(help=say("事由", "the reason"))] = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Shows which roles one person may not hold together, or sets them; allowing more takes --second."""
    if file is not None:
        if key is None or reason is None:
            raise Misused("--set 须与 --key、--reason 同用", "--set needs --key and --reason")
        event = checked(ExclusionsSet, {"exclusions": json_in(file), "reason": reason})
        print_receipt(record(event, key, passphrase_file), as_json)
        return
    (book,) = _standing("book")
    set_here = book.get("exclusions")
    strict = strict_exclusions(book.get("rules", 1))
    found = [each._asdict() for each in (strict if set_here is None else map(Exclusion._make, set_here))]
    if as_json:
        print_json(found)
        return
    print_table(
        say("不相容岗位", "Roles that exclude each other"),
        [(say("岗位", "role"), "left"), (say("岗位", "other"), "left"), (say("范围", "where"), "left")],
        [
            (
                say(*ROLE_TITLES[each["role"]]),
                say(*ROLE_TITLES[each["other"]]),
                say("任何范围", "anywhere")
                if each["anywhere"]
                else say("相同单位和活动", "same units and campaigns"),
            )
            for each in found
        ],
    )
