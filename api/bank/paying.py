"""A payment file put together (生成代发文件): the payouts, the identities that were shown for it, the profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from api.bank import queries as bank
from api.bank.pain import Debtor
from api.bank.payment_file import Payment, PaymentFileFault, made
from api.bank.profile import profile
from api.gate import Row, ScopedViews
from ledger.domain.state import UNKNOWN_REFERENCE
from ledger.events.payment_file import PaymentFileMade, PaymentLine, serial_of
from ledger.identity.blind_index import Marker
from ledger.identity.documents import EnterpriseIdentity, PersonIdentity, folded, masked_name

MOST_NAMED = 10
"""So many of the payouts at fault are named."""

Identities = Mapping[str, PersonIdentity | EnterpriseIdentity]


class Order(NamedTuple):
    """What is to be sent to the bank: for which campaign and unit, in which batch, by which profile, from when on."""

    campaign: str
    unit: str
    batch: str
    profile: str
    on: str
    replaces: str | None = None
    debtor: Debtor = Debtor()


class MadeFile(NamedTuple):
    """A payment file, not recorded yet: its name, its bytes, and the act that records it."""

    name: str
    raw: bytes
    event: PaymentFileMade


def chosen_payouts(views: ScopedViews, order: Order, payouts: Sequence[str]) -> list[Row]:
    """The payouts that are to be sent, in the order that they were named; all that wait where none is named.

    Raises:
        Refused: ``reference-unknown`` for one that does not wait.
        PaymentFileFault: ``payment-nothing`` where there is none.
    """
    return waiting_of(bank.unsent(views, order.campaign, order.replaces), payouts)


def waiting_of(unsent: Sequence[Row], payouts: Sequence[str]) -> list[Row]:
    """Of payouts that wait those named, in that order; all where none is named.

    Raises:
        Refused: ``reference-unknown`` for one that does not wait.
        PaymentFileFault: ``payment-nothing`` where there is none.
    """
    waiting = {row["payout"]: row for row in unsent}
    for payout in payouts:
        if payout not in waiting:
            raise UNKNOWN_REFERENCE.refused(kind="payout", id=payout)
    rows = [waiting[each] for each in dict.fromkeys(payouts)] if payouts else list(waiting.values())
    if not rows:
        raise PaymentFileFault(
            "payment-nothing", "没有待送银行的发放", "there is no payout that waits to be sent to the bank"
        )
    return rows


def payment_file(
    order: Order, rows: Sequence[Row], identities: Identities, marker: Marker, profiles: Path | None
) -> MadeFile:
    """The file of these payouts, to the accounts that they were made to: no dossier has had another since.

    Raises:
        ProfileUnknown, PaymentFileFault, DebtorMissing: nothing is made.
    """
    layout = profile(order.profile, profiles).pay
    without = [row for row in rows if (who := identities.get(row["dossier"])) is None or who.account is None]
    if without:
        raise PaymentFileFault(
            "payment-account-missing",
            f"{len(without)} 笔发放的档案没有账号，或未查阅其身份信息{_named(without, identities, '（{}）')}",
            f"{len(without)} payouts have no account, or their identities were not shown"
            f"{_named(without, identities, ': {}')}",
        )
    changed = [row for row in rows if _account_mark(identities[row["dossier"]], marker) != row["account"]]
    if changed:
        raise PaymentFileFault(
            "payment-account-changed",
            f"{len(changed)} 笔发放之后档案的收款账户有变更，不能送交银行：请登记退回，按现账户重新确认、发放",
            f"the dossiers of {len(changed)} payouts have another account since: record these as returned, let the case be"
            " confirmed again, and pay anew",
        )
    payments = [_payment(number, row, identities, order.batch) for number, row in enumerate(rows, 1)]
    raw = made(layout, payments, order.batch, order.on, order.debtor)
    event = PaymentFileMade(
        campaign=order.campaign,
        unit=order.unit,
        batch=order.batch,
        profile=order.profile,
        file=sha256(raw).hexdigest(),
        lines=[
            PaymentLine(
                payout=each.payout, amount_fen=each.amount_fen, case=row["case_id"], dossier=row["dossier"]
            )
            for each, row in zip(payments, rows, strict=True)
        ],
        count=len(payments),
        sum_fen=sum(each.amount_fen for each in payments),
        replaces=order.replaces,
    )
    return MadeFile(f"{order.batch}{layout.ending}", raw, event)


def _named(rows: Sequence[Row], identities: Identities, around: str) -> str:
    """The first of these payouts, by unit and masked name; nothing where nobody was shown."""
    known = [row for row in rows if row["dossier"] in identities]
    said = "、".join(
        f"{row['unit']} {masked_name(identities[row['dossier']].name)}" for row in known[:MOST_NAMED]
    )
    return around.format(said + ("…" if len(known) > MOST_NAMED else "")) if known else ""


def _account_mark(who: PersonIdentity | EnterpriseIdentity, marker: Marker) -> str | None:
    return None if who.account is None else marker.mark("account", folded(who.account))


def _payment(number: int, row: Row, identities: Identities, batch: str) -> Payment:
    who = identities[row["dossier"]]
    assert who.account is not None
    return Payment(
        number=number,
        serial=serial_of(batch, number),
        payout=row["payout"],
        name=who.account_holder or who.name,
        account=who.account,
        bank=who.bank_name,
        amount_fen=row["amount_fen"],
    )
