"""The talk page: what `make web` has built, served as it is."""

from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response

STATIC_DIR = Path(__file__).parent / "static"
NOT_BUILT = """Antiphon is running, but its talk page has not been built.

Build it with `make web` and load this page again. Calls work without it:
  antiphon call --flow NAME --say "Hello"
"""
_PAGE_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
_ASSET_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def is_built(static_dir: Path = STATIC_DIR) -> bool:
    """Say whether there is a page to serve."""
    return (static_dir / "index.html").is_file()


def page_router(static_dir: Path = STATIC_DIR) -> APIRouter:
    """Return the routes of the page and its assets (whose names carry a digest, so they never change)."""
    router = APIRouter(include_in_schema=False)

    @router.get("/", response_model=None)
    def page() -> Response:
        """Return the page, or say how to get it."""
        if not is_built(static_dir):
            return PlainTextResponse(NOT_BUILT)
        return FileResponse(static_dir / "index.html", headers=_PAGE_HEADERS)

    @router.get("/favicon.svg", response_model=None)
    def icon() -> Response:
        """Return the page's icon."""
        if not (static_dir / "favicon.svg").is_file():
            raise HTTPException(404)
        return FileResponse(static_dir / "favicon.svg", headers=_PAGE_HEADERS)

    @router.get("/assets/{path:path}", response_model=None)
    def asset(path: str) -> Response:
        """Return a file of the page."""
        root = (static_dir / "assets").resolve()
        file = (root / path).resolve()
        if not file.is_relative_to(root) or not file.is_file():
            raise HTTPException(404)
        return FileResponse(file, headers=_ASSET_HEADERS)

    return router
