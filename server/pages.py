"""The pages: what `make web` has built, served as it is. The talk page, the dashboard and the API reference."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

STATIC_DIR = Path(__file__).parent / "static"
NOT_BUILT = """Antiphon is running, but its pages have not been built.

Build them with `make web` and load this page again. Calls work without them:
  antiphon call --flow NAME --say "Hello"
"""
_NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
_PAGE_HEADERS = {"Cache-Control": "no-cache", **_NO_SNIFFING}
_ASSET_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", **_NO_SNIFFING}
# The dashboard holds a log-in: nothing may run in it, or frame it, that is not ours.
_GUARDED_HEADERS = {
    **_PAGE_HEADERS,
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def is_built(static_dir: Path = STATIC_DIR) -> bool:
    """Say whether there are pages to serve."""
    return (static_dir / "index.html").is_file()


def page_router(static_dir: Path = STATIC_DIR) -> APIRouter:
    """Return the routes of the pages and their assets (whose names carry a digest, so they never change)."""
    router = APIRouter(include_in_schema=False)

    def page(name: str, headers: dict[str, str]) -> Response:
        file = static_dir / name
        return FileResponse(file, headers=headers) if file.is_file() else PlainTextResponse(NOT_BUILT)

    @router.get("/", response_model=None)
    def talk_page() -> Response:
        """Return the page on which flows are talked to, or say how to get it."""
        return page("index.html", _PAGE_HEADERS)

    @router.get("/ui", response_model=None)
    def dashboard() -> Response:
        """Return the page of an account."""
        return page("ui.html", _GUARDED_HEADERS)

    @router.get("/ui/flow_editor.html", response_model=None)
    def flow_editor(flow: Annotated[str, Query(alias="id", max_length=100)] = "") -> Response:
        """Lead to a flow in the dashboard."""
        return RedirectResponse(f"/ui#/flows/{flow}", headers=_NO_SNIFFING)

    @router.get("/docs", response_model=None)
    def reference() -> Response:
        """Return the API reference, which reads `/openapi.json`."""
        return page("docs.html", _GUARDED_HEADERS)

    @router.get("/favicon.svg", response_model=None)
    def icon() -> Response:
        """Return the pages' icon."""
        if not (static_dir / "favicon.svg").is_file():
            raise HTTPException(404)
        return FileResponse(static_dir / "favicon.svg", headers=_PAGE_HEADERS)

    @router.get("/assets/{path:path}", response_model=None)
    def asset(path: str) -> Response:
        """Return a file of a page."""
        root = (static_dir / "assets").resolve()
        file = (root / path).resolve()
        if not file.is_relative_to(root) or not file.is_file():
            raise HTTPException(404)
        return FileResponse(file, headers=_ASSET_HEADERS)

    return router
