"""What it costs to read a roster of 50,000 lines: processor time and memory, of the reader's process too.

``python -m tests.bench.rosters [--lines N] [--markdown]``. The time is that of this process and of the one
that takes the file apart; the memory is the peak of the larger of the two.
"""

from __future__ import annotations

import argparse
import datetime
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from openpyxl import Workbook

from api.demo.people import People
from tests.bench.__main__ import print_measures
from tests.bench.measures import Measure

MOST_SECONDS = 10.0
MOST_MIB = 400
HEADER = (
    "序号",
    "姓名",
    "公民身份号码",
    "对象类别",
    "致困原因",
    "联系电话",
    "家庭住址",
    "银行卡号",
    "慰问金额（元）",
)
READ = """
import datetime, sys
from pathlib import Path
from api.roster.roster_file import open_roster
from tests.scene import policy
source = open_roster(Path(sys.argv[1]))
good = sum(not row.faults for row in source.lines(policy(), today=datetime.date(2026, 1, 15)))
assert good == int(sys.argv[2]), good
"""


def main() -> None:
    """Write the roster, read it in a process of its own, and print its line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=50_000)
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="songnuan-bench-") as folder:
        path = Path(folder) / "roster.xlsx"
        _write(path, given.lines)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = datetime.datetime.now(datetime.UTC)
        subprocess.run([sys.executable, "-c", READ, str(path), str(given.lines)], check=True)
        wall = (datetime.datetime.now(datetime.UTC) - started).total_seconds()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    mib = after.ru_maxrss / 1024
    print_measures(
        [
            Measure(
                title=f"a roster of {given.lines} lines (xlsx), read and checked",
                ours=f"{seconds:.1f} s, {mib:.0f} MiB ({wall:.1f} s in all)",
                baseline="",
                ratio="",
                must=f"≤ {MOST_SECONDS:.0f} s of processor time, {MOST_MIB} MiB",
                reached=seconds <= MOST_SECONDS and mib <= MOST_MIB,
            )
        ],
        given.markdown,
    )


def _write(path: Path, lines: int) -> None:
    people = People(50)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("名单")
    sheet.append(HEADER)
    for number in range(1, lines + 1):
        who = people.person()
        sheet.append(
            (number, who.name, who.number, "困难职工", "因病", who.phone, who.address, who.account, 500)
        )
    book.save(path)


if __name__ == "__main__":
    main()
