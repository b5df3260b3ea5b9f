"""The events (事件), one module a group: what each names, who signs it, what it decides and changes.

Importing this package makes all of them known. What every event goes through stands in :mod:`ledger.domain`.
"""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
