"""``songnuan report``: papers as files (PDF), typeset for A4."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NamedTuple, cast, get_args

import psycopg
import typer

from api.audit.queries import sample as sample_row
from api.audit.sampling import Method
from api.cli.answers import AsOf, Campaign, UnitName
from api.cli.desk import at_service
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import opened, views
from api.cli.output import console, one_of
from api.cli.recording import record_shown
from api.gate import ScopedViews, every_view, views_within
from api.gate.moments import position_at
from api.gate.references import check_references
from api.papers.annex_paper import annex_paper
from api.papers.case_report import case_report
from api.papers.context import PaperContext
from api.papers.notice_paper import notice_paper
from api.papers.paper import Paper
from api.papers.proofs import PaperLog, log_of
from api.papers.receipt_paper import receipt_paper
from api.papers.reconciliation_paper import reconciliation_paper
from api.papers.typesetting import typeset
from api.papers.working_paper import Drawing, drawing_of, working_paper
from api.reports import annexes
from api.reports.summary import summary
from api.service.origins import normal_origin
from ledger.domain.policy.campaign_policy import Recipient
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.events.oversight import SampleExamined
from ledger.identity.vault import Vault
from ledger.storage.store import OpenStore
from ledger.system_words import reason_of

File = Annotated[
    Path, typer.Argument(help=say("要写的文件（PDF）", "the file to write (PDF)"), dir_okay=False)
]
Number = Annotated[str | None, typer.Option(help=say("文书编号", "the paper's own number"))]
CampaignNamed = Annotated[str, typer.Option("--campaign", help=say("活动", "the campaign"))]
Address = Annotated[
    str | None,
    typer.Option(
        help=say("手机访问服务的网址，印成二维码", "where telephones reach the service, as a QR code")
    ),
]

ANNEXES = ("1", "2", "3", "summary")
ANNEX_PATHS = {name: f"/papers/reports/{name if name == 'summary' else f'annex-{name}'}" for name in ANNEXES}
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


class Work(NamedTuple):
    """What a command makes its paper from."""

    store: OpenStore
    connection: psycopg.Connection[Any]
    views: ScopedViews
    vault: Vault
    log: PaperLog
    as_of: int

    @property
    def context(self) -> PaperContext:
        """What a paper asks of it."""
        return PaperContext(self.views, self.vault, self.as_of)

    def within(self, campaign: str, unit: str | None) -> Work:
        """The same of one campaign, and of one unit with all below it."""
        return self._replace(views=views_within(self.connection, campaign, unit))

    def of_payees(self, campaign: str, unit: str | None) -> PaperContext:
        """What a paper over whom money goes to asks of it: the cases of one unit, the lines and officers of all."""
        within = views_within(self.connection, campaign, unit)
        return PaperContext(within, self.vault, self.as_of, beyond=self.views, lines=self.views)


def write_working_paper(
    file: File,
    campaign: Campaign = None,
    unit: UnitName = None,
    method: Annotated[str, typer.Option(help="random, sum, flag")] = "random",
    size: Annotated[int, typer.Option(min=1, max=500, help=say("样本量", "how many are drawn"))] = 25,
    seed: Annotated[str | None, typer.Option(help=say("随机种子", "the random seed"))] = None,
    sample: Annotated[
        str | None,
        typer.Option(
            help=say("已登记的抽样核查（签署件编号），不再另抽", "a sample on record, by its statement's id")
        ),
    ] = None,
    number: Number = None,
    as_of: AsOf = None,
) -> None:
    """Writes the working paper over a sample: one that is drawn now, or one whose examination is on record."""
    one_of(method, get_args(Method), "--method")
    if (sample is None) == (campaign is None or seed is None):
        raise Misused(
            "请给出 --campaign 与 --seed，或以 --sample 指定已登记的抽样核查",
            "name --campaign and --seed, or a sample on record with --sample",
        )
    if sample is not None:
        is_written = set_there(file, "/papers/working-paper/{sample}", as_of, sample=sample, number=number)
    else:
        drawn = {"campaign": campaign, "unit": unit, "method": method, "size": size, "seed": seed}
        is_written = set_there(file, "/papers/working-paper", as_of, number=number, **drawn)
    if is_written:
        return
    with at_work(as_of) as work:
        check_references(work.views, campaign=campaign, unit=unit)
        review = None
        if sample is not None:
            examined = work.context.signed(sample, SampleExamined)
            row = sample_row(work.views, sample)
            review = row if row is not None and row["reviewed_at"] is not None else None
            drawing, drawn_at = drawing_of(examined, work.views)
            work = work._replace(as_of=drawn_at)
        else:
            assert campaign is not None
            assert seed is not None
            examined, drawing = None, Drawing(campaign, unit, cast(Method, method), size, seed)
        context = work.within(drawing.campaign, drawing.unit).context
        paper = working_paper(context, work.log, drawing, number=number, examined=examined, review=review)
        record_shown(work.store, campaign=drawing.campaign, unit=drawing.unit, rows=drawing.size)
        write(paper, file)


def write_case_report(
    file: File,
    investigation: Annotated[str, typer.Argument(help=say("核查事项编号", "the discipline case's id"))],
    number: Number = None,
    as_of: AsOf = None,
) -> None:
    """Writes the report on a discipline case as it stood."""
    if set_there(file, "/papers/case/{case}", as_of, case=investigation, number=number):
        return
    with at_work(as_of) as work:
        paper = case_report(work.context, work.log, investigation, number=number)
        record_shown(work.store, subject=investigation, rows=1)
        write(paper, file)


def write_annex(
    annex: Annotated[str, typer.Argument(help="1, 2, 3, summary")],
    file: File,
    campaign: CampaignNamed,
    unit: UnitName = None,
    number: Number = None,
    as_of: AsOf = None,
) -> None:
    """Writes an annex or the written summary, of a campaign or of one unit with all below it."""
    one_of(annex, ANNEXES, "ANNEX")
    if set_there(file, ANNEX_PATHS[annex], as_of, campaign=campaign, unit=unit, number=number):
        return
    with at_work(as_of) as work:
        check_references(work.views, campaign=campaign, unit=unit)
        context = work.within(campaign, unit).context
        seen = context.views
        terms, of = context.terms(campaign), ""
        if annex == "3":
            report = annexes.annex_of_sums(seen, campaign=campaign, unit=unit, as_of=work.as_of, of=of)
        elif annex == "summary":
            report = summary(
                seen, campaign=campaign, as_of=work.as_of, of=of, lines=None if unit else seen, oversight=seen
            )
        else:
            recipient: Recipient = "enterprise" if annex == "1" else "person"
            report = annexes.annex(seen, work.vault, recipient, as_of=work.as_of, of=of)
        record_shown(work.store, campaign=campaign, unit=unit, rows=len(report.rows))
        paper = annex_paper(
            report,
            campaign=terms["title"],
            unit=context.unit(unit or terms["sponsor"]),
            number=number,
            foot=context.foot,
            made_at=context.made_at,
        )
        write(paper, file)


def write_notice(
    file: File,
    notice: Annotated[str, typer.Argument(help=say("公示编号", "the notice's id"))],
    address: Address = None,
    number: Number = None,
    as_of: AsOf = None,
) -> None:
    """Writes a public notice, names masked, to be posted."""
    if set_there(
        file, "/papers/notices/{notice}", as_of, notice=notice, number=number, address=_origin(address)
    ):
        return
    with at_work(as_of) as work:
        paper = notice_paper(work.context, notice, number=number, address=_origin(address))
        record_shown(work.store, subject=notice, rows=1)
        write(paper, file)


def write_receipt(
    file: File,
    statement: Annotated[str, typer.Argument(help=say("签署件编号", "the statement's id"))],
    number: Number = None,
) -> None:
    """Writes a statement's receipt with its proof."""
    if set_there(file, "/papers/receipts/{statement}", None, statement=statement, number=number):
        return
    with at_work(None) as work:
        found = work.context.statements([statement])
        if not found:
            raise UNKNOWN_REFERENCE.refused(kind="statement", id=statement)
        paper = receipt_paper(work.context, work.log, found[0], number=number)
        record_shown(work.store, subject=statement, rows=1)
        write(paper, file)


def write_reconciliation(
    file: File,
    campaign: CampaignNamed,
    account: Annotated[str, typer.Option(help=say("账户简称", "the account's short name"))],
    month: Annotated[str, typer.Option(help=say("月份，如 2026-01", "the month, like 2026-01"))],
    number: Number = None,
    as_of: AsOf = None,
) -> None:
    """Writes an account's reconciliation at the end of a month."""
    if MONTH.fullmatch(month) is None:
        raise Misused("月份应写作 2026-01 的形式", "a month is written like 2026-01")
    if set_there(
        file, "/papers/reconciliation", as_of, campaign=campaign, account=account, month=month, number=number
    ):
        return
    with at_work(as_of) as work:
        check_references(work.views, campaign=campaign)
        paper = reconciliation_paper(work.context, campaign, account, month, number=number)
        record_shown(work.store, campaign=campaign, rows=1)
        write(paper, file)


@contextmanager
def at_work(as_of: str | None) -> Iterator[Work]:
    """The ledger in the folder, as of a moment, for a paper."""
    with opened() as store, views(store), store.connect() as connection:
        seen = every_view(connection)
        yield Work(
            store,
            connection,
            seen,
            store.vault(),
            log_of(connection, store.log_keys()),
            position_at(seen, as_of),
        )


def _origin(address: str | None) -> str | None:
    try:
        return None if address is None else normal_origin(address)
    except ValueError:
        raise Misused(
            f"网址应为 https://ledger.example 的形式，实为 {address}",
            f"expected an origin like https://ledger.example, found {address}",
        ) from None


def set_there(file: Path, path: str, as_of: str | None, **parameters: Any) -> bool:
    """Whether a service was named; then the paper is written as it sets it."""
    with at_service() as desk:
        if desk is None:
            return False
        content = desk.file(path, as_of=as_of, **parameters)
    _save(content, file)
    console.print(say(f"✓ 已写入 {file}", f"✓ wrote {file}"), soft_wrap=True)
    return True


def write(paper: Paper, file: Path) -> None:
    """Typesets a paper and writes it, and says so."""
    _save(typeset(paper), file)
    console.print(say(f"✓ 已写入 {file}：{paper.title}", f"✓ wrote {file}"), soft_wrap=True)


def _save(content: bytes, file: Path) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        zh, en = reason_of(error)
        raise Misused(f"无法写入 {file}：{zh}", f"cannot write {file}: {en}") from None
