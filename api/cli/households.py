"""``songnuan household``: members, what a family declares, and the steps of its dossier's life, each signed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from api.cli.answers import AsJson, AsOf, Campaign
from api.cli.desk import at_desk, record
from api.cli.exit_codes import Misused
from api.cli.language import say, titled
from api.cli.opening import KeyFile, On, checked, disclosed
from api.cli.output import console, one_of, print_json, print_table
from api.cli.passphrases import PassphraseFile
from api.cli.question import AskedWhole
from api.cli.receipts import print_receipt
from api.dossiers.household import household
from api.dossiers.queries import dossier as dossier_as_of
from api.gate import LATEST, ScopedViews
from ledger.domain.policy.vocabulary import shipped_words
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.errors import yuan
from ledger.events.dossier_life import (
    DossierDiscussed,
    DossierEnded,
    DossierReviewed,
    HouseholdVisited,
    PlacedOnFile,
)
from ledger.events.household import (
    ConsentRecorded,
    ConsentWithdrawn,
    HouseholdDeclared,
    MemberErased,
    MemberLeft,
    MemberRecorded,
)
from ledger.identity.vault import Vault
from projections.views.household_rows import ENDING_TITLES

DossierName = Annotated[str, typer.Argument(help=say("档案编号", "the dossier"))]
MemberName = Annotated[str, typer.Argument(help=say("成员编号", "the member"))]
Reason = Annotated[str, typer.Option(help=say("事由", "the reason"))]
FoundThere = Annotated[str, typer.Option("--found", help=say("情况", "what was found"))]
Paper = Annotated[str | None, typer.Option("--document", help=say("凭证编号", "the paper's number"))]
ClassName = Annotated[str | None, typer.Option("--class", help=say("困难类别", "the class of hardship"))]


def _household(
    views: ScopedViews, vault: Vault, *, dossier: str, campaign: str | None, as_of: int = LATEST
) -> dict[str, Any]:
    found = dossier_as_of(views, dossier, as_of)
    if found is None:
        raise UNKNOWN_REFERENCE.refused(kind="dossier", id=dossier)
    return household(views, vault, found, campaign, as_of)


HOUSEHOLD = AskedWhole("/households/{dossier}", _household, about="dossier:{dossier}", is_cut=False)


def show(
    dossier: DossierName,
    campaign: Campaign = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """A household as it stood, with the class that a campaign's policy computes of it; names are masked."""
    with at_desk() as desk:
        shown = desk.whole(HOUSEHOLD, as_of=as_of, dossier=dossier, campaign=campaign)
    if as_json:
        print_json(orjson.loads(orjson.dumps(shown, default=str)))
        return
    _print_household(shown)


def _print_household(shown: dict[str, Any]) -> None:
    declared, life, assessed = shown["declared"], shown["life"], shown["assessed"]
    state = say(shown["life_title"]["zh"], shown["life_title"]["en"])
    if life is not None and life["reviewed_on"] is not None:
        state += say(f"，最近复核 {life['reviewed_on']}", f", reviewed on {life['reviewed_on']}")
    console.print(
        say(f"档案 {shown['dossier']}：{state}", f"dossier {shown['dossier']}: {state}"), soft_wrap=True
    )
    incomes = {} if declared is None else {each["member"]: each for each in declared["members"]}
    print_table(
        say("家庭成员", "Members"),
        [
            (say("与申请人关系", "relation"), "left"),
            (say("姓名", "name"), "left"),
            (say("全年可支配收入（元）", "income of the year"), "right"),
            (say("编号", "id"), "left"),
        ],
        [
            (
                say(each["relation_title"]["zh"], each["relation_title"]["en"]),
                each["masked_name"],
                yuan(incomes[each["member"]]["income_fen"]) if each["member"] in incomes else "—",
                each["member"],
            )
            for each in shown["members"]
        ],
    )
    if assessed is None:
        return
    none = say("不符合任何类别", "none of the classes")
    title = (assessed["title"] or none) if assessed["judged"] else say("无法测算", "cannot be computed")
    console.print(say(f"测算类别：{title}", f"class computed: {title}"), soft_wrap=True)
    for step in assessed["working"]:
        console.print("  " + say(step["words"]["zh"], step["words"]["en"]), soft_wrap=True)
    if assessed["stated"] is not None:
        stated = assessed["stated_title"]
        console.print(say(f"经办人认定：{stated}", f"class stated: {stated}"), soft_wrap=True)
    for title in assessed["excluded"]:
        console.print(say(f"! 申报存在不予认定情形：{title}", f"! declared yes: {title}"), soft_wrap=True)


def member(
    dossier: DossierName,
    relation: Annotated[
        str,
        typer.Option(
            help=say("与申请人关系：", "relation: ")
            + ", ".join(
                f"{code}（{titled((word.title, word.title_en or word.title))}）"
                for code, word in shipped_words()["relation"].items()
            )
            + say("；方案另有用语的从其用语", "; or a word of the campaign's policy")
        ),
    ],
    identity: Annotated[
        Path, typer.Option(help=say("身份信息文件（JSON），存入保险库", "the identity (JSON), for the vault"))
    ],
    key: KeyFile,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Records a member of the household; the receipt's id is the member's."""  # fmt: skip
    promise, disclosure = disclosed(identity)
    body = {**_of(dossier), "relation": relation, "identity_commitment": promise}
    print_receipt(record(checked(MemberRecorded, body), key, passphrase_file, disclosure=disclosure), as_json)


def leave(
    dossier: DossierName,
    member: MemberName,
    reason: Reason,
    key: KeyFile,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Records that a member belongs to the household no more."""
    event = checked(MemberLeft, {**_of(dossier), "member": member, "reason": reason})
    print_receipt(record(event, key, passphrase_file), as_json)


def erase(
    dossier: DossierName,
    member: MemberName,
    reason: Reason,
    key: KeyFile,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Destroys a member's identity, signed by a registrar; it cannot be had back."""
    event = checked(MemberErased, {**_of(dossier), "member": member, "reason": reason})
    print_receipt(record(event, key, passphrase_file), as_json)


def declare(
    dossier: DossierName,
    file: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help=say("家庭情况文件（JSON），金额以分计", "the declaration (JSON), sums in fen"),
        ),
    ],
    key: KeyFile,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Records what the family declares: incomes, outlays, exclusions, the class that the clerk finds."""
    try:
        said = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        raise Misused(f"{file} 不是家庭情况文件（JSON 对象）", f"{file} holds no declaration (a JSON object)")
    event = checked(HouseholdDeclared, {**said, **_of(dossier)})
    print_receipt(record(event, key, passphrase_file, on=on), as_json)


def consent(
    dossier: DossierName,
    document: Annotated[str, typer.Option(help=say("授权书编号", "the number of the consent"))],
    key: KeyFile,
    member: Annotated[
        list[str] | None, typer.Option(help=say("签署的成员，可多个", "a member who signed it; repeat"))
    ] = None,
    until: Annotated[str | None, typer.Option(help=say("有效期至", "until when it stands"))] = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Records the family's written consent to being compared with registers."""
    body = {**_of(dossier), "document": {"number": document}, "members": member or [], "until": until}
    print_receipt(record(checked(ConsentRecorded, body), key, passphrase_file), as_json)


def withdraw_consent(
    dossier: DossierName,
    reason: Reason,
    key: KeyFile,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Records that the family withdraws its consent."""
    event = checked(ConsentWithdrawn, {**_of(dossier), "reason": reason})
    print_receipt(record(event, key, passphrase_file), as_json)


def visit(
    dossier: DossierName,
    visitor: Annotated[list[str], typer.Option(help=say("调查人，可多个", "who visited; repeat"))],
    found: FoundThere,
    key: KeyFile,
    differs: Annotated[
        bool, typer.Option("--differs", help=say("与申报不符", "what was declared is not so"))
    ] = False,
    document: Paper = None,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Records a visit to the household: who, when, and what was found."""
    body = {**_of(dossier), "visitors": visitor, "found": found, "agrees": not differs, **_paper(document)}
    print_receipt(record(checked(HouseholdVisited, body), key, passphrase_file, on=on), as_json)


def discuss(
    dossier: DossierName,
    minutes: Annotated[str, typer.Option(help=say("会议纪要编号", "the number of the minutes"))],
    key: KeyFile,
    refused: Annotated[
        bool, typer.Option("--not-agreed", help=say("未通过", "the meeting did not agree"))
    ] = False,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Records that a meeting discussed the dossier."""
    body = {**_of(dossier), "minutes": {"number": minutes}, "agreed": not refused}
    print_receipt(record(checked(DossierDiscussed, body), key, passphrase_file, on=on), as_json)


def place(
    dossier: DossierName,
    key: KeyFile,
    hardship_class: ClassName = None,
    document: Paper = None,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Places the dossier on file; whoever filed it does not."""
    body = {**_of(dossier), "hardship_class": hardship_class, **_paper(document)}
    print_receipt(record(checked(PlacedOnFile, body), key, passphrase_file, on=on), as_json)


def review(
    dossier: DossierName,
    found: FoundThere,
    key: KeyFile,
    changed: Annotated[
        bool, typer.Option("--changed", help=say("情况有变化", "the household lives otherwise now"))
    ] = False,
    hardship_class: ClassName = None,
    document: Paper = None,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Records a review of a dossier on file, yearly or upon a change."""
    outcome = "changed" if changed else "unchanged"
    body = {
        **_of(dossier),
        "outcome": outcome,
        "found": found,
        "hardship_class": hardship_class,
        **_paper(document),
    }
    print_receipt(record(checked(DossierReviewed, body), key, passphrase_file, on=on), as_json)


def end(
    dossier: DossierName,
    ending: Annotated[
        str,
        typer.Option(
            help=say("退出原因：", "why: ")
            + ", ".join(f"{code}（{titled(title)}）" for code, title in ENDING_TITLES.items())
        ),
    ],
    reason: Reason,
    key: KeyFile,
    document: Paper = None,
    on: On = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Ends a dossier: out of hardship, withdrawn or cancelled."""  # fmt: skip
    one_of(ending, ENDING_TITLES, "--ending")
    body = {**_of(dossier), "ending": ending, "reason": reason, **_paper(document)}
    print_receipt(record(checked(DossierEnded, body), key, passphrase_file, on=on), as_json)


def _of(dossier: str) -> dict[str, str]:
    """The dossier and its unit."""
    with at_desk() as desk:
        return {"unit": desk.unit_of(dossier), "dossier": dossier}


def _paper(number: str | None) -> dict[str, Any]:
    return {} if number is None else {"document": {"number": number}}
