"""An auditor's script: verify a bundle, then compute what each unit paid from its signed entries.

    pip install 'songnuan[verify]'
    python audit_bundle.py all.zip --verifier-key "$(cat verifier-key.txt)" --remembered 2026-01-31.checkpoint

The verifier key and the checkpoints kept come from elsewhere than the bundle: see docs/verify.md. Prints
one line for each unit, its code and yuan, with a tab between. Ends with 6 where the bundle does not hold,
as ``songnuan verify bundle`` does; then no figure is computed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from ledger.events.payout import Disbursed, PayoutReturned
from ledger.verify import BundleMalformed, read_entries, trust_in, verify_bundle


def paid_by_unit(bundle: Path) -> Counter[str]:
    """Money paid by each unit less what came back, in fen, from a bundle that was verified."""
    paid: Counter[str] = Counter()
    for entry in read_entries(bundle):
        match entry.event:
            case Disbursed(unit=unit, amount_fen=amount_fen):
                paid[unit] += amount_fen
            case PayoutReturned(unit=unit, amount_fen=amount_fen, line=str()):
                # Without a line it is goods that came back, whose value is no money paid.
                paid[unit] -= amount_fen
    return paid


def main() -> int:
    """Verify, compute, print; the exit code."""
    parser = argparse.ArgumentParser(description="Verify a bundle and print what each unit paid.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument(
        "--verifier-key", action="append", required=True, help="of the log; repeat after a rotation"
    )
    parser.add_argument(
        "--remembered", action="append", type=Path, default=[], help="a checkpoint kept; repeat"
    )
    given = parser.parse_args()
    trust = trust_in(given.verifier_key, remembered=[path.read_bytes() for path in given.remembered])
    try:
        result = verify_bundle(given.bundle, trust)
    except BundleMalformed as error:
        print(error.message("en"), file=sys.stderr)
        return 6
    for finding in result.findings:
        where = "whole" if finding.position is None else f"#{finding.position}"
        print(f"{where}: {finding.fault.code}: {finding.fault.message('en')}", file=sys.stderr)
    if not result.holds:
        return 6
    for unchecked in result.summary.unchecked:
        print(f"not checked: {unchecked.message('en')}", file=sys.stderr)
    for unit, amount_fen in sorted(paid_by_unit(given.bundle).items()):
        print(f"{unit}\t{amount_fen / 100:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
