"""Recordings in an S3-compatible store over real HTTP: signatures, parts, links, and a store that is away."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from kit.errors import ConfigError, ProviderError
from server import s3_store
from server.s3_store import S3Recordings, s3_recordings
from server.settings import Settings
from tests.support.s3 import BUCKET, KEY_ID, REGION, S3, SECRET
from tests.support.s3 import s3_store as running


def _settings(url: str, secret: str | None = SECRET) -> Settings:
    return Settings(
        recordings_bucket=BUCKET,
        recordings_endpoint=url,
        recordings_region=REGION,
        recordings_key_id=KEY_ID,
        recordings_secret_key=SecretStr(secret) if secret is not None else None,
        recordings_prefix="2026/",
        local_llm=False,
        log_level="info",
    )


def _store(url: str, secret: str = SECRET) -> S3Recordings:
    store = s3_recordings(_settings(url, secret))
    assert store is not None
    return store


@pytest.fixture
def s3() -> Iterator[S3]:
    with running() as store:
        yield store


@pytest.mark.parametrize("size", [1, 100_000, 12 * 1024 * 1024], ids=["a byte", "at once", "in parts"])
async def test_a_file_arrives_byte_for_byte_and_its_link_gives_it_back(s3: S3, tmp_path: Path, size: int) -> None:
    path, sound = tmp_path / "c1.wav", os.urandom(size)
    path.write_bytes(sound)
    store = _store(s3.url)
    await store.put("c1.wav", path)
    assert s3.objects == {"2026/c1.wav": sound}
    assert s3.refused == []
    link = store.link("c1.wav")
    async with httpx.AsyncClient() as http:
        answer = await http.get(link)
        assert (answer.status_code, answer.content) == (200, sound)
        assert (await http.get(link.replace("c1.wav", "c2.wav"))).status_code == 403
        assert (await http.get(link.split("?")[0])).status_code == 403
    assert SECRET not in link
    assert f"X-Amz-Expires={int(s3_store.LINK_LIFE.total_seconds())}" in link


async def test_a_link_does_not_work_for_ever(s3: S3, tmp_path: Path) -> None:
    (tmp_path / "c1.wav").write_bytes(b"x")
    store = _store(s3.url)
    await store.put("c1.wav", tmp_path / "c1.wav")
    link = store.link("c1.wav")
    statuses = []
    async with httpx.AsyncClient() as http:
        for s3.later in (s3_store.LINK_LIFE * 0.9, s3_store.LINK_LIFE * 1.1):
            statuses.append((await http.get(link)).status_code)
    assert statuses == [200, 403]


async def test_a_store_that_is_away_or_refuses_is_an_error_without_its_words(s3: S3, tmp_path: Path) -> None:
    (tmp_path / "c1.wav").write_bytes(b"x")
    with pytest.raises(ProviderError) as refused:
        await _store(s3.url, "another-secret").put("c1.wav", tmp_path / "c1.wav")
    assert s3.refused == ["SignatureDoesNotMatch"]
    s3.away = True
    with pytest.raises(ProviderError) as away:
        await _store(s3.url).put("c1.wav", tmp_path / "c1.wav")
    for error in (refused.value, away.value):
        assert (error.code, error.retryable) == ("store.away", True)
        assert "127.0.0.1" not in str(error)
        assert KEY_ID not in str(error)
    assert s3.objects == {}


def test_half_a_setting_is_a_mistake() -> None:
    with pytest.raises(ConfigError):
        s3_recordings(_settings("http://127.0.0.1:1", None))
    assert s3_recordings(Settings(local_llm=False, log_level="info")) is None
