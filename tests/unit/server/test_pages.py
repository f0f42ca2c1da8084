from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from server.pages import page_router


@pytest.fixture
def static_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>Antiphon</title>")
    (folder / "ui.html").write_text("<title>Account</title>")
    (folder / "docs.html").write_text("<title>Reference</title>")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / "index-1a2b.js").write_text("talk()")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


def _http(static_dir: Path) -> httpx.AsyncClient:
    app = FastAPI(docs_url=None)
    app.include_router(page_router(static_dir))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_the_page_is_served_and_asked_for_anew(static_dir: Path) -> None:
    async with _http(static_dir) as http:
        response = await http.get("/")
    assert (response.status_code, response.text) == (200, "<title>Antiphon</title>")
    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(("path", "title"), [("/ui", "Account"), ("/docs", "Reference")])
async def test_pages_that_hold_a_log_in_run_nothing_of_others(static_dir: Path, path: str, title: str) -> None:
    async with _http(static_dir) as http:
        response = await http.get(path)
    assert (response.status_code, response.text) == (200, f"<title>{title}</title>")
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


async def test_the_editor_of_old_links_is_in_the_dashboard(static_dir: Path) -> None:
    async with _http(static_dir) as http:
        response = await http.get("/ui/flow_editor.html", params={"id": "f-1//x\r\n"})
        slashed = await http.get("/ui/")
    assert (response.status_code, response.headers["location"]) == (307, "/ui#/flows/f-1//x%0D%0A")
    assert (slashed.status_code, slashed.headers["location"]) == (307, "http://test/ui")


async def test_an_asset_may_be_kept_for_ever(static_dir: Path) -> None:
    async with _http(static_dir) as http:
        response = await http.get("/assets/index-1a2b.js")
        icon = await http.get("/favicon.svg")
    assert (response.text, icon.headers["content-type"]) == ("talk()", "image/svg+xml")
    assert "javascript" in response.headers["content-type"]
    assert "immutable" in response.headers["cache-control"]


async def test_without_a_page_it_says_how_to_build_one(tmp_path: Path) -> None:
    async with _http(tmp_path) as http:
        response = await http.get("/")
        assert "make web" in (await http.get("/ui")).text
        assert (await http.get("/assets/index-1a2b.js")).status_code == 404
        assert (await http.get("/favicon.svg")).status_code == 404
    assert response.status_code == 200
    assert "make web" in response.text


@pytest.mark.parametrize(
    "path", ["..%2F..%2Fsecret.txt", "%2e%2e/%2e%2e/secret.txt", "..%2Findex.html", "%2Fetc%2Fpasswd", "", "nope.js"]
)
async def test_nothing_outside_the_assets_is_served(static_dir: Path, path: str) -> None:
    async with _http(static_dir) as http:
        assert (await http.get(f"/assets/{path}")).status_code == 404
