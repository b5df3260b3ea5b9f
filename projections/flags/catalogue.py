"""The catalogue of flag rules (疑点规则目录): every rule in the folder, found by being there."""

from __future__ import annotations

import importlib
import pkgutil

from projections.flags import rules
from projections.flags.rule import FlagRule


def all_rules() -> list[FlagRule]:
    """Every rule in the folder, by id."""
    for module in pkgutil.iter_modules(rules.__path__):
        importlib.import_module(f"{rules.__name__}.{module.name}")
    return [FlagRule.every[rule_id] for rule_id in sorted(FlagRule.every)]
