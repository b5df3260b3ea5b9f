"""Cosignatures (见证签名) held against the witness under whose name each is listed: the first of each counts."""

from __future__ import annotations

from typing import Any

import psycopg

from ledger.errors import Refused, Rule
from ledger.findings import Finding, Report
from ledger.log.note import parse_signature_lines
from ledger.log.proofs import listed_witness

COSIGNATURE_DIFFERS = Rule(
    "cosignature-differs",
    zh="检查点（{size} 条）的见证签名列在 {found} 名下，签名的是 {expected}",
    en="a cosignature on the checkpoint at {size} is listed under {found}, and {expected} signed it",
)

COSIGNATURE_UNEXPECTED = Rule(
    "cosignature-unexpected",
    zh="{found} 的见证签名列在 {size} 条的检查点上，没有这样的检查点",
    en="a cosignature of {found} is listed on a checkpoint at {size}, and there is none",
)


def check_cosignatures(connection: psycopg.Connection[Any], report: Report) -> None:
    """Report each cosignature that stands under another witness's name, is none, or is on no checkpoint of ours."""
    for size, found, text, on_one in connection.execute(
        "SELECT s.size, s.witness, s.line, EXISTS (SELECT FROM ledger.checkpoints c WHERE c.size = s.size)"
        " FROM ledger.cosignatures s ORDER BY s.size, s.witness"
    ).fetchall():
        if not on_one:
            report(Finding(None, COSIGNATURE_UNEXPECTED.refused(size=size, found=found)))
        try:
            signed = [listed_witness(line) for line in parse_signature_lines(text)]
        except Refused:
            signed = []
        if signed != [found]:
            expected = ", ".join(signed) or "—"
            report(Finding(None, COSIGNATURE_DIFFERS.refused(size=size, found=found, expected=expected)))
