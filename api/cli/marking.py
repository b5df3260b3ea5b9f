"""``songnuan federation accept``, ``mark`` and ``answer``: a county's part in comparing ledgers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.answers import AsJson
from api.cli.desk import record
from api.cli.evaluating import Year, year_or_this
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import KeyFile, checked, opened
from api.cli.output import console, print_json, progress_bar
from api.cli.passphrases import PassphraseFile, key_passphrase
from api.cli.receipts import print_receipt
from api.identities.disclosing import units_of
from ledger.clock import utc_now
from ledger.crypto.keys import load_log_key
from ledger.events.marking import EvaluatorAccepted, MatchAnswerFiled
from ledger.writing.signing import Signer


def accept(
    key: KeyFile,
    evaluator: Annotated[str, typer.Argument(help=say("评估方的代码", "the evaluator's code"))],
    name: Annotated[str, typer.Option(help=say("名称", "the name"))],
    public_key: Annotated[
        str,
        typer.Option(
            "--public-key",
            help=say(
                "其该年度公钥，由对方 songnuan evaluator key 给出，另行核对",
                "its public key of the year, as songnuan evaluator key prints it there; compare it by another way",
            ),
        ),
    ],
    year: Year = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Accepts an evaluator's key of a year; signed by two registrars where there are two."""
    body = {"evaluator": evaluator, "name": name, "version": year_or_this(year), "evaluation_key": public_key}
    print_receipt(record(checked(EvaluatorAccepted, body), key, passphrase_file), as_json)


def mark(
    evaluator: Annotated[
        list[str],
        typer.Option(
            help=say(
                "评估方：代码=服务地址，依次给出两个",
                "an evaluator, CODE=URL; two of them, in the order agreed",
            )
        ),
    ],
    asker_key: Annotated[
        Path,
        typer.Option(
            "--asker-key",
            envvar="SONGNUAN_ASKER_KEY",
            help=say("本台账的请评密钥文件（Ed25519）", "this ledger's key for asking (Ed25519)"),
        ),
    ],
    campaign: Annotated[str | None, typer.Option(help=say("活动代码", "the campaign"))] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            "--list",
            help=say(
                "名单编号：标记名单各行，评估方按此编号核定额度",
                "a list's id: its rows are marked, and the evaluators grant their points by this id",
            ),
        ),
    ] = None,
    year: Year = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Marks what has no marks yet, the dossiers of a campaign or a list; run again, it goes on where it stopped."""
    if (campaign is None) is (reference is None):
        raise Misused("须写明 --campaign 或 --list 之一", "say either --campaign or --list")
    # Here, so that the other commands start without a client for the network.
    from api.federation.asking import HttpEvaluator
    from api.federation.http_feed import connections
    from api.federation.list_marking import mark_list
    from api.federation.marking import accepted_keys, mark, to_mark

    chosen = year_or_this(year)
    addresses = [_code_and_url(each) for each in evaluator]
    key = load_log_key(asker_key, key_passphrase(asker_key, passphrase_file))
    with opened() as store, store.writer() as writer, store.connect() as connection, connections() as client:
        assert store.ledger is not None
        asked = [
            HttpEvaluator(code, url, accepted_keys(writer.state, code, chosen), key, client, utc_now)
            for code, url in addresses
        ]
        own, vault = Signer(store.ledger_key(), store.ledger), store.vault()
        if reference is not None:
            done = mark_list(connection, writer, own, vault, asked, list_id=reference, year=chosen)
        else:
            assert campaign is not None
            waiting = len(to_mark(connection, campaign, chosen))
            with progress_bar(say("标记", "marking"), waiting) as progress:
                done = mark(
                    connection, writer, own, vault, asked, campaign=campaign, year=chosen, progress=progress
                )
    if as_json:
        of = {"campaign": campaign} if reference is None else {"list": reference}
        print_json({**of, "year": chosen, "marked": done})
    elif reference is None:
        console.print(say(f"✓ 已标记 {done:,} 份档案", f"✓ marked {done:,} dossiers"))
    else:
        console.print(say(f"✓ 已标记名单 {done:,} 行", f"✓ marked {done:,} rows of the list"))


def _code_and_url(text: str) -> tuple[str, str]:
    code, _, url = text.partition("=")
    if not code or not url:
        raise Misused(f"评估方应写作 代码=地址，实为 {text}", f"an evaluator is written CODE=URL, got {text}")
    return code, url


def answer(
    key: KeyFile,
    match: Annotated[str, typer.Argument(help=say("比中编号，由上级给出", "the match's number, from above"))],
    upper: Annotated[str, typer.Option(help=say("上级读取方代码", "the reader above"))],
    rule: Annotated[str, typer.Option(help=say("比对规则，由上级给出", "the rule, from above"))],
    position: Annotated[
        int, typer.Option(min=1, help=say("本台账的登记序号，由上级给出", "the entry here, from above"))
    ],
    finding: Annotated[
        str, typer.Option("--finding", help="returned, both-due, another-person, erased, inquiring")
    ],
    text: Annotated[str, typer.Option(help=say("核查说明，不写身份信息", "what was found; no identities"))],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Files what was found about the dossier at a position; the level above takes it as it reads on."""
    dossier, unit = _dossier_at(position)
    body = {
        "unit": unit,
        "dossier": dossier,
        "upper": upper,
        "match": match,
        "rule": rule,
        "answer": finding,
        "text": text,
    }
    print_receipt(record(checked(MatchAnswerFiled, body), key, passphrase_file), as_json)


def _dossier_at(position: int) -> tuple[str, str]:
    """The dossier that was marked at a position, and its unit."""
    # Here, so that the other commands start without it.
    from api.federation.marking import dossier_marked_at

    with opened() as store, store.connect() as connection:
        dossier = dossier_marked_at(connection, position)
        if dossier is None:
            raise Misused(f"第 {position} 号不是档案联合标记", f"the entry at {position} marks no dossier")
        return dossier, units_of(connection, [dossier])[dossier]
