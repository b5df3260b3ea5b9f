"""A report as a workbook (xlsx), ready to be printed on A4, written by a process of its own under limits.

The service holds the report and the file, and never what the library needs in between.
"""

from __future__ import annotations

from api.reports.report import Report
from api.service.limited_process import (
    LimitMet,
    Met,
    ProcessLimits,
    run_limited,
)
from ledger.errors import Refused, Rule

LIMITS = ProcessLimits(
    memory_bytes=96 * 1024 * 1024, cpu_seconds=60, wall_seconds=120.0, file_bytes=256 * 1024 * 1024
)
PROGRAM = "api.reports.workbook_writer"

EXPORT_LIMIT = Rule(
    "export-limit",
    zh="导出超出处理上限（{expected}），未生成：请按单位分别导出",
    en="the export exceeds the limit on {expected_en} and was not made: ask for it unit by unit",
)


def workbook(report: Report) -> bytes:
    """The workbook's bytes. Text that begins with = is no formula; money is in yuan.

    Raises:
        Refused: ``export-limit``, which names the limit.
    """
    given = report.model_dump_json().encode()
    taken = (str(LIMITS.memory_bytes), str(LIMITS.cpu_seconds), str(LIMITS.file_bytes))
    try:
        return run_limited(PROGRAM, *taken, limits=LIMITS, given=given)
    except LimitMet as met:
        raise export_limit(met.limit, LIMITS) from None


def export_limit(met: Met, limits: ProcessLimits) -> Refused:
    """The refusal of an export that came to one of its limits."""
    expected, expected_en = {
        "memory": (f"内存 {limits.memory_bytes >> 20} 兆字节", f"memory, {limits.memory_bytes >> 20} MiB"),
        "time": (f"时间 {limits.cpu_seconds} 秒", f"time, {limits.cpu_seconds} s"),
        "size": (f"文件 {limits.file_bytes >> 20} 兆字节", f"the file's size, {limits.file_bytes >> 20} MiB"),
    }[met]
    return EXPORT_LIMIT.refused(expected=expected, expected_en=expected_en)
