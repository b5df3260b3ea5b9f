r"""Another system: make statements, sign them with an officer's key, and submit them over HTTP.

    python submit_statements.py http://127.0.0.1:8700 --ledger 019b… --key cashier.pem \
        --campaign b2026 --line workers allocations.csv

A finance system tells the ledger what it allocated: ``allocations.csv`` has a line for each allocation,
its date of business and yuan (``2026-01-12,250000.00``). The passphrase of the key comes from
``SONGNUAN_PASSPHRASE``. What authorises a statement is its signature, so that no session is needed.

What was signed is kept beside the file (``allocations.csv.signed``) before it is sent. A run that ends
early is run again and sends the same bytes: the ledger answers with the first receipts, and nothing
stands twice. Prints position, leaf hash and statement id of each; ends with 1 where any was refused, with
3 where the ledger could not be asked.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from uuid_utils import uuid7

from ledger.crypto.keys import OfficerKey, key_id_of, load_key
from ledger.domain.event import Event
from ledger.events.funds import FundAllocated
from ledger.statements.statement import Statement, sign

CHINA = timezone(timedelta(hours=8))
ATTEMPTS = 5


def fen(yuan: str) -> int:
    """Yuan in decimals as whole fen; raises ValueError for parts of a fen."""
    amount = Decimal(yuan) * 100
    if amount != int(amount):
        raise ValueError(f"{yuan} yuan is no whole number of fen")
    return int(amount)


def signed(event: Event, key: OfficerKey, ledger: str, on: str) -> bytes:
    """A submission: the event as a statement under the officer's signature, one line of JSON."""
    statement = Statement(
        body=event.model_dump(mode="json", exclude_defaults=True),
        by=key_id_of(key),
        id=str(uuid7()),
        ledger=ledger,
        made_at=datetime.now(CHINA).isoformat(timespec="seconds"),
        on=on,
        type=event.topic(),
    )
    # The envelope goes as it was signed, byte for byte.
    return b'{"envelope":' + sign(statement, key).raw + b"}\n"


def submit(url: str, submissions: bytes) -> list[dict[str, Any]]:
    """Submit lines of JSON; what became of each, in order: a receipt, or a problem with the ledger's code.

    503 says that nothing was decided or that the outcome is unknown: the same bytes are sent again.
    """
    request = urllib.request.Request(
        f"{url}/statements", submissions, {"Content-Type": "application/x-ndjson"}, method="POST"
    )
    for attempt in range(ATTEMPTS):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                outcomes: list[dict[str, Any]] = json.load(answer)["outcomes"]
                return outcomes
        except urllib.error.HTTPError as error:
            if error.code != 503 or attempt == ATTEMPTS - 1:
                raise
            time.sleep(float(error.headers.get("Retry-After", 1)))
    raise AssertionError


def main() -> int:
    """Sign what is not yet signed, submit all of it, and print what became of it; the exit code."""
    parser = argparse.ArgumentParser(description="Sign allocations and submit them.")
    parser.add_argument("url", help="of the service, without a path")
    parser.add_argument("file", type=Path, help="a CSV file: date of business, yuan")
    parser.add_argument("--ledger", required=True, help="the ledger's id")
    parser.add_argument("--key", type=Path, required=True, help="the officer's key file")
    parser.add_argument("--campaign", required=True)
    parser.add_argument("--line", required=True)
    given = parser.parse_args()

    kept = given.file.with_name(given.file.name + ".signed")
    if not kept.exists():
        key = load_key(given.key, os.environ.get("SONGNUAN_PASSPHRASE", ""))
        with given.file.open(encoding="utf-8", newline="") as rows:
            lines = [
                signed(
                    FundAllocated(campaign=given.campaign, line=given.line, amount_fen=fen(yuan)),
                    key,
                    given.ledger,
                    on,
                )
                for on, yuan in csv.reader(rows)
            ]
        beside = kept.with_name(kept.name + ".part")
        beside.write_bytes(b"".join(lines))
        beside.replace(kept)
    try:
        outcomes = submit(given.url, kept.read_bytes())
    except OSError as error:
        print(f"the ledger could not be asked: {error}", file=sys.stderr)
        return 3
    refused = [outcome for outcome in outcomes if "position" not in outcome]
    for outcome in outcomes:
        if "position" in outcome:
            print(outcome["position"], outcome["leaf_hash"], outcome["id"])
        else:
            print(f"refused: {outcome['code']}: {outcome['detail']}", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
