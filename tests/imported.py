"""All that the command needs, imported; for the server that commands are forked from.

The command's own modules take the language from the environment when they are imported: they are
forgotten again, and every command imports them anew.
"""

from __future__ import annotations

import gc
import sys

from tests.commands import import_all_commands

import_all_commands()
for _module in [name for name in sys.modules if name == "api.cli" or name.startswith("api.cli.")]:
    del sys.modules[_module]
gc.freeze()
