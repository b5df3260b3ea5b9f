"""What a version of the rules made stricter, beside what the one before it let through."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scene import Attempt

LATE: dict[str, Any] = {"after_the_fact": True, "after_the_fact_reason": "系统停用"}


class Stricter:
    """A version of the rules: ``either`` tries a test by it and by the one before."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.either = pytest.mark.parametrize("rules", [version - 1, version])

    def outcome(self, attempt: Attempt, rules: int, code: str) -> None:
        """What is let through by the rules before, and refused by these."""
        if rules < self.version:
            attempt.then(lambda scene: True)
        else:
            attempt.refuses(code)
