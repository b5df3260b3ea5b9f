"""The command over vouchers for the bookkeeping (记账凭证命令登记)."""

from __future__ import annotations

from collections.abc import Mapping

from api.cli.command_declaration import Command, Shown

VOUCHER_COMMANDS: Mapping[str, Command] = {
    "export vouchers": Command(
        "api.cli.vouchers:export_vouchers",
        "记账凭证：按方案所定会计科目，逐月导出（CSV、xlsx）",
        "a month's vouchers by the policy's account codes, for the bookkeeping",
        Shown("export"),
    ),
}
