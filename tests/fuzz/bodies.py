"""A good body of each event that the scene's story has, for fuzzing to change."""

from __future__ import annotations

from typing import Any

from tests.scene import Scene


def _bodies() -> dict[str, dict[str, Any]]:
    scene = Scene()
    scene.funds()
    scene.do("finance", scene.payout(scene.approved()))
    return {act.statement.type: act.statement.body for act in scene.acts}


BODIES = _bodies()
