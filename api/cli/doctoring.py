"""``songnuan doctor``: everything that running the ledger stands on, each with the way out."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from api.cli.language import language, say
from api.cli.output import AsJson, console, print_json, set_up_logging
from api.operating.check import Check
from api.operating.doctor import examine
from api.service.settings import read_what_holds

EXIT_FAILED = 4
_MARKS = {"ok": "✓", "warn": "!", "fail": "✗"}


def doctor(
    url: Annotated[
        str | None, typer.Option(help=say("服务对外的地址", "the service's address as the world sees it"))
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at everything, and say how it is."""
    settings, wrong = read_what_holds()
    set_up_logging(settings)
    checks = []
    for check in examine(settings, url, wrong):
        checks.append(check)
        if not as_json:
            console.print(_line(check), soft_wrap=True)
    counts = Counter(check.level for check in checks)
    if as_json:
        print_json({"checks": [_json(check) for check in checks], "counts": dict(counts)})
    else:
        console.print(
            say(
                f"合格 {counts['ok']}，注意 {counts['warn']}，不合格 {counts['fail']}",
                f"{counts['ok']} ok, {counts['warn']} to look at, {counts['fail']} failed",
            )
        )
    if counts["fail"]:
        raise typer.Exit(EXIT_FAILED)


def _line(check: Check) -> str:
    chosen = 0 if language() == "zh" else 1
    way = check.way_out[chosen]
    arrow = f"\n    → {way}" if way else ""
    return f"{_MARKS[check.level]} {check.said[chosen]}{arrow}"


def _json(check: Check) -> dict[str, object]:
    return {
        "topic": check.topic,
        "level": check.level,
        "zh": check.said[0],
        "en": check.said[1],
        "way_out": {"zh": check.way_out[0], "en": check.way_out[1]},
    }
