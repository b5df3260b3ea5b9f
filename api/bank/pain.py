"""A payment file as ISO 20022 has it: pain.001.001.03, CustomerCreditTransferInitiation.

The serial is both the instruction's and the end-to-end identification, and stands in the remittance information.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol
from xml.etree import ElementTree as ET  # written here, never read

from ledger.errors import Explained, yuan

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"
LONGEST_NAME = 140
"""Max140Text; an account's is Max34Text, an identification's Max35Text."""


class Debtor(NamedTuple):
    """Who pays: name, account and bank of the account that the money leaves."""

    name: str = ""
    account: str = ""
    bank: str = ""


class DebtorMissing(Explained):
    """Who pays was not said."""


class Transfer(Protocol):
    """What a line of the file needs of a payment."""

    @property
    def serial(self) -> str:
        """The line's serial."""
        ...

    @property
    def name(self) -> str:
        """The account's holder."""
        ...

    @property
    def account(self) -> str:
        """The account."""
        ...

    @property
    def bank(self) -> str | None:
        """The branch where it is kept."""
        ...

    @property
    def amount_fen(self) -> int:
        """The sum in fen."""
        ...


def credit_transfer(payments: Sequence[Transfer], batch: str, on: str, debtor: Debtor) -> bytes:
    """The message's bytes, in UTF-8; ``on`` is the requested execution date, and the creation's day.

    Raises:
        DebtorMissing: ``payment-debtor-missing``.
    """
    if not debtor.name or not debtor.account:
        raise DebtorMissing(
            "payment-debtor-missing",
            "pain.001 须写明付款户名和付款账号",
            "pain.001 names the holder and the number of the account that pays",
        )
    ET.register_namespace("", NAMESPACE)
    document = ET.Element(f"{{{NAMESPACE}}}Document")
    message = _part(document, "CstmrCdtTrfInitn")
    count, total = str(len(payments)), _sum(sum(each.amount_fen for each in payments))
    header = _part(message, "GrpHdr")
    _part(header, "MsgId", batch)
    _part(header, "CreDtTm", f"{on}T00:00:00+08:00")
    _part(header, "NbOfTxs", count)
    _part(header, "CtrlSum", total)
    _part(_part(header, "InitgPty"), "Nm", debtor.name[:LONGEST_NAME])
    payment = _part(message, "PmtInf")
    _part(payment, "PmtInfId", batch)
    _part(payment, "PmtMtd", "TRF")
    _part(payment, "BtchBookg", "true")
    _part(payment, "NbOfTxs", count)
    _part(payment, "CtrlSum", total)
    _part(payment, "ReqdExctnDt", on)
    _part(_part(payment, "Dbtr"), "Nm", debtor.name[:LONGEST_NAME])
    _account(payment, "DbtrAcct", debtor.account)
    _agent(payment, "DbtrAgt", debtor.bank)
    for each in payments:
        transfer = _part(payment, "CdtTrfTxInf")
        identification = _part(transfer, "PmtId")
        _part(identification, "InstrId", each.serial)
        _part(identification, "EndToEndId", each.serial)
        _part(_part(transfer, "Amt"), "InstdAmt", _sum(each.amount_fen)).set("Ccy", "CNY")
        _agent(transfer, "CdtrAgt", each.bank or "")
        _part(_part(transfer, "Cdtr"), "Nm", each.name[:LONGEST_NAME])
        _account(transfer, "CdtrAcct", each.account)
        _part(_part(transfer, "RmtInf"), "Ustrd", each.serial)
    raw: bytes = ET.tostring(document, encoding="utf-8", xml_declaration=True)
    return raw


def _part(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    part = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    part.text = text
    return part


def _account(parent: ET.Element, name: str, number: str) -> None:
    _part(_part(_part(_part(parent, name), "Id"), "Othr"), "Id", number)


def _agent(parent: ET.Element, name: str, branch: str) -> None:
    """The bank by its name; its clearing number is nobody's to guess."""
    institution = _part(_part(parent, name), "FinInstnId")
    if branch:
        _part(institution, "Nm", branch[:LONGEST_NAME])
    else:
        _part(_part(institution, "Othr"), "Id", "NOTPROVIDED")


def _sum(fen: int) -> str:
    return yuan(fen).replace(",", "")
