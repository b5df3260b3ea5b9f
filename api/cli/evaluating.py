"""``songnuan evaluator``: a ledger whose office makes marks for others; its keys, who may ask, and the service."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Annotated

import typer

from api.cli.answers import AsCsv, AsJson, Column, Shape, XlsxFile, answer
from api.cli.desk import record
from api.cli.exit_codes import Misused
from api.cli.keys import key_in
from api.cli.language import say
from api.cli.opening import KeyFile, checked, opened, signer
from api.cli.output import console, errors, print_json, set_up_logging
from api.cli.passphrases import PassphraseFile
from api.cli.receipts import print_receipt
from api.service.settings import Settings
from ledger.clock import china_today
from ledger.domain.evaluation import Asker, valid_years
from ledger.domain.event import Event
from ledger.events.evaluation import AskerAdmitted, EvaluatorKeyed, QuotaGranted
from ledger.writing.signing import Signer

AskerCode = Annotated[str, typer.Argument(help=say("受评台账的代码", "the code of the ledger that asks"))]
Year = Annotated[
    int | None, typer.Option(min=2000, max=2100, help=say("密钥年度，默认今年", "the key's year, this one"))
]


def year_or_this(year: int | None) -> int:
    """The year given, this one in China where none is."""
    return year or valid_years(china_today())[0]


def key(
    key: KeyFile, year: Year = None, passphrase_file: PassphraseFile = None, as_json: AsJson = False
) -> None:
    """Makes the key of a year, beside the ledger's own, and enrols it; signed by two registrars where there are two."""
    # Here, so that the other commands start without it.
    from api.federation.evaluating import key_of_year

    chosen = year_or_this(year)
    with opened() as store, store.writer() as writer:
        officer = signer(store, key, passphrase_file)
        store.make_evaluator_seed(chosen)
        public_key = key_of_year(store.evaluator_seeds()[chosen], chosen).public_key
        event = checked(EvaluatorKeyed, {"version": chosen, "evaluation_key": public_key})
        receipt = writer.record(officer.sign(event))
    if as_json:
        print_json({"year": chosen, "public_key": public_key, "position": receipt.position})
    else:
        print_receipt(receipt, as_json)
        console.print(
            say(f"{chosen} 年度评估公钥 {public_key}", f"public key of {chosen} {public_key}"), soft_wrap=True
        )


def retire(
    year: Annotated[int, typer.Option(min=2000, max=2100, help=say("密钥年度", "the key's year"))],
) -> None:
    """Destroys the key of a year that is over: its marks cannot be made again by anybody."""
    with opened() as store:
        if year in valid_years(china_today()) or year > valid_years(china_today())[0]:
            raise Misused(
                f"{year} 年度的密钥仍在有效期内，不能销毁",
                f"the key of {year} is still good and is not destroyed",
            )
        store.destroy_evaluator_seed(year)
    console.print(say(f"✓ {year} 年度的评估密钥已销毁", f"✓ the key of {year} is destroyed"))


def admit(
    key: KeyFile,
    asker: AskerCode,
    ledger: Annotated[str, typer.Option(help=say("该台账的编号", "that ledger's id"))],
    name: Annotated[str, typer.Option(help=say("名称", "the name"))],
    code: Annotated[
        str,
        typer.Option(
            help=say(
                "登记码，由对方出示：key show 密钥文件 --for 代码 --ledger 本台账编号",
                "the enrolment code, from there: key show FILE --for CODE --ledger THIS-LEDGER'S-ID",
            )
        ),
    ],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Lets a ledger's machine ask; said again, it puts another key in the place of the one before."""
    said = {name_: value for name_, value in key_in(code).items() if name_ != "algorithm"}
    event = checked(AskerAdmitted, {"asker": asker, "ledger": ledger, "name": name, **said})
    print_receipt(record(event, key, passphrase_file), as_json)


def grant(
    key: KeyFile,
    asker: AskerCode,
    campaign: Annotated[str, typer.Option(help=say("对方的活动代码", "the campaign's code there"))],
    dossiers: Annotated[
        int, typer.Option(min=0, help=say("该活动的建档数；0 为停止", "dossiers filed in it; 0 ends it"))
    ],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Grants points for a campaign: three a dossier filed, and a tenth more."""
    event = checked(QuotaGranted, {"asker": asker, "of_campaign": campaign, "dossiers": dossiers})
    print_receipt(record(event, key, passphrase_file), as_json)


def status(as_json: AsJson = False, as_csv: AsCsv = False, xlsx: XlsxFile = None) -> None:
    """Lists who may ask, how much, and how much was evaluated."""
    shape = Shape(as_json, as_csv, xlsx)
    year = year_or_this(None)
    with opened() as store, store.connect() as connection:
        found = connection.execute(
            "SELECT value FROM ledger.standing WHERE key >= 'asker/' AND key < 'asker0' ORDER BY key"
        ).fetchall()
    rows = [
        {
            "asker": asker.id,
            "name": asker.name,
            "campaign": campaign,
            "dossiers": asker.dossiers[campaign],
            "quota": asker.quota(campaign),
            "evaluated": asker.quota(campaign) - asker.left(campaign, year),
        }
        for asker in (Asker(**value) for (value,) in found)
        for campaign in sorted(asker.dossiers)
    ]
    columns = [
        Column("asker", ("代码", "code")),
        Column("name", ("名称", "name")),
        Column("campaign", ("活动", "campaign")),
        Column("dossiers", ("档案数", "dossiers"), right=True),
        Column("quota", ("评估额度", "quota"), right=True),
        Column("evaluated", ("已评估", "evaluated"), right=True),
    ]
    answer(say(f"受评台账，{year} 年度密钥", f"ledgers that ask, key of {year}"), columns, rows, shape)


def run(
    host: Annotated[str, typer.Option(help=say("监听地址", "address"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help=say("端口", "port"))] = 8702,
) -> None:
    """Serves until stopped; it is this ledger's writer while it runs."""
    # Here, so that the other commands start without the web framework.
    from api.federation.evaluating import Evaluation, Processes, enrolled_keys
    from api.federation.evaluator_service import create_evaluator
    from api.service.connections import Connections, most_connections
    from api.service.nonces import FILE, Nonces
    from api.service.server import listen, run

    set_up_logging(Settings())
    with ExitStack() as stack:
        store = stack.enter_context(opened())
        writer = stack.enter_context(store.writer())
        assert store.ledger is not None
        own = Signer(store.ledger_key(), store.ledger)
        keys = enrolled_keys(store.evaluator_seeds(), writer.state)
        if not keys:
            raise Misused(
                "尚无评估密钥：先运行 songnuan evaluator key",
                "there is no key yet: run songnuan evaluator key",
            )

        def submit(event: Event) -> object:
            return writer.record(own.sign(event, on=china_today()))

        bound = listen(host, port)
        processes = Processes({year: store.evaluator_seeds()[year] for year in keys}, os.cpu_count() or 1)
        stack.callback(processes.close)
        evaluation = Evaluation(keys, lambda: writer.state, submit, processes)
        errors.print(
            say(
                f"评估服务 {host}:{bound.getsockname()[1]}", f"evaluating at {host}:{bound.getsockname()[1]}"
            ),
            soft_wrap=True,
        )
        run(create_evaluator(evaluation, Nonces(store.folder / FILE)), bound, Connections(most_connections()))
