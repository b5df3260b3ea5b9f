"""The commands of topics that declare theirs in a file of their own (分专题的命令登记)."""

from __future__ import annotations

from collections.abc import Mapping

from api.cli.act_commands import ACT_COMMANDS, ACT_GROUPS
from api.cli.callback_commands import CALLBACK_COMMANDS
from api.cli.collective_commands import COLLECTIVE_COMMANDS
from api.cli.command_declaration import Command, Group
from api.cli.federation_commands import FEDERATION_COMMANDS, FEDERATION_GROUPS
from api.cli.household_commands import HOUSEHOLD_COMMANDS
from api.cli.oversight_commands import OVERSIGHT_COMMANDS, OVERSIGHT_GROUPS
from api.cli.paper_commands import PAPER_COMMANDS, PAPER_GROUPS
from api.cli.register_commands import REGISTER_COMMANDS
from api.cli.server_commands import SERVER_COMMANDS
from api.cli.step_commands import STEP_COMMANDS
from api.cli.voucher_commands import VOUCHER_COMMANDS

TOPIC_COMMANDS: Mapping[str, Command] = {
    **ACT_COMMANDS,
    **SERVER_COMMANDS,
    **REGISTER_COMMANDS,
    **HOUSEHOLD_COMMANDS,
    **STEP_COMMANDS,
    **CALLBACK_COMMANDS,
    **OVERSIGHT_COMMANDS,
    **COLLECTIVE_COMMANDS,
    **VOUCHER_COMMANDS,
    **PAPER_COMMANDS,
    **FEDERATION_COMMANDS,
}

TOPIC_GROUPS: Mapping[str, Group] = {**ACT_GROUPS, **OVERSIGHT_GROUPS, **PAPER_GROUPS, **FEDERATION_GROUPS}
