"""The pages (网页): built by Vite into ``api/web/dist``, served by us alone, no CDN."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, RedirectResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.errors import Misconfigured

BUILT = Path(__file__).parents[1] / "web" / "dist"
WORKER = "service-worker.js"
"""What keeps the pages' shell in a browser, for times without a line (``api/web/src/offline/service_worker.ts``)."""


def add_pages(app: FastAPI) -> None:
    """Serves the pages under ``/app/``; every address below it is the same page, which finds its way.

    Raises:
        Misconfigured: ``pages-not-built`` where the package was put together without them.
    """
    if not (BUILT / "index.html").exists():
        raise Misconfigured(
            "pages-not-built",
            f"网页尚未构建：{BUILT} 中没有 index.html，请重新安装本软件包",
            f"the pages are not built: there is no index.html in {BUILT}; install the package again",
        )
    app.mount("/app/assets", _ForEver(GZipMiddleware(StaticFiles(directory=BUILT / "assets"))), "assets")

    @app.get("/", include_in_schema=False)
    def root() -> RedirectResponse:
        return RedirectResponse("/app/")

    @app.get("/app/{path:path}", include_in_schema=False)
    def page(path: str) -> FileResponse:
        # The service worker stands beside the page, since it serves what lies below itself alone.
        file, kind = (WORKER, "text/javascript") if path == WORKER else ("index.html", "text/html")
        return FileResponse(BUILT / file, media_type=kind, headers={"Cache-Control": "no-cache"})


class _ForEver:
    """What is named by its content never changes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                message["headers"].append((b"cache-control", b"public, max-age=31536000, immutable"))
            await send(message)

        await self._app(scope, receive, kept)
