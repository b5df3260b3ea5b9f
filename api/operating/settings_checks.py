"""The doctor looks at the settings (设置体检): what is wrong, what counts for nothing, what is set and where."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from api.operating.check import Check
from api.service.environment import unknown_variables
from api.service.settings import FILE, Settings
from api.service.settings_errors import WrongSetting, variable


def check_settings(settings: Settings, wrong: Sequence[WrongSetting] = ()) -> Iterator[Check]:
    """All that is wrong, variables that nothing reads, then each setting that is not the default one."""
    for each in wrong:
        yield Check("settings", "fail", (each.zh, each.en), _way_out(each))
    for unknown in unknown_variables(os.environ):
        yield Check(
            "settings",
            "warn",
            unknown.said(),
            ("改正其名称，或去掉它", "correct its name, or take it away"),
        )
    for name in sorted(settings.model_fields_set):
        source = "environment" if variable(name) in {each.upper() for each in os.environ} else FILE
        zh = "环境变量" if source == "environment" else source
        shown = _shown(getattr(settings, name))
        yield Check("settings", "ok", (f"{name} = {shown}（{zh}）", f"{name} = {shown} ({source})"))
    unset = sorted(
        set(type(settings).model_fields) - settings.model_fields_set - {each.name for each in wrong}
    )
    yield Check("settings", "ok", (f"默认：{'、'.join(unset)}", f"by default: {', '.join(unset)}"))


def _way_out(wrong: WrongSetting) -> tuple[str, str]:
    if wrong.name == FILE:
        return f"改正 {FILE}，或把它移开", f"correct {FILE}, or move it away"
    if wrong.code == "setting-unknown":
        return f"在 {FILE} 中改正其名称，或去掉它", f"correct its name in {FILE}, or take it away"
    return (
        f"改正环境变量 {variable(wrong.name)}，或 {FILE} 中的 {wrong.name}",
        f"correct {variable(wrong.name)} in the environment, or {wrong.name} in {FILE}",
    )


def _shown(value: Any) -> str:
    """A setting's value without what is secret in it."""
    text = str(value)
    if isinstance(value, str) and "://" in value:
        parts = urlsplit(value)
        return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
    if isinstance(value, str) and value.startswith("command:"):
        return value
    return f"{len(value)}" if isinstance(value, list | dict) else text
