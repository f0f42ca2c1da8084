"""Recordings that wait for their store, on the virtual clock with a store in memory."""

import asyncio
import io
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from control_api.ports import RecordingLink
from kit.errors import NotFoundError, ProviderError
from pipeline.recorder import Recorder
from server.call_log import CallLog
from server.recording_uploads import OPENING_S, ROUND_S, RecordingUploads
from tests.support import virtual_time


class _Store:
    """Keeps what it is given; some names, or all, fail."""

    def __init__(self, *broken: str) -> None:
        self.kept: dict[str, bytes] = {}
        self.away, self.tried = False, list[tuple[float, str]]()
        self._broken = broken

    async def put(self, name: str, path: Path) -> None:
        self.tried.append((round(asyncio.get_running_loop().time(), 3), name))
        if self.away or name in self._broken:
            raise ProviderError("s3", "not now", retryable=True, code="store.away")
        self.kept[name] = _bytes_of(path)

    def link(self, name: str) -> str:
        return f"https://store/{name}?signed"


def _bytes_of(path: Path) -> bytes:
    return path.read_bytes()


async def _inline(work: Callable[[], Any]) -> Any:
    return work()


def _uploads(folder: Path, store: _Store, most_bytes: int = 10**9) -> RecordingUploads:
    return RecordingUploads(folder, store, most_bytes, _inline)


def _wait_there(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(name.encode() * 1000)


def _run(uploads: RecordingUploads, seconds: float) -> None:
    async def scenario() -> None:
        async with uploads.open():
            await asyncio.sleep(seconds)

    virtual_time.run(scenario())


def test_what_is_whole_leaves_and_what_is_not_stays(tmp_path: Path) -> None:
    store, folder = _Store(), tmp_path / "recordings"
    uploads = _uploads(folder, store)

    async def scenario() -> None:
        async with uploads.open():
            _wait_there(folder, "a.wav", "b.part")
            await asyncio.sleep(ROUND_S + OPENING_S + 0.1)

    virtual_time.run(scenario())
    assert store.kept == {"a.wav": b"a.wav" * 1000}
    assert [path.name for path in folder.iterdir()] == ["b.part"]


def test_what_a_killed_process_was_writing_is_made_whole_at_the_next_start(tmp_path: Path) -> None:
    store, folder = _Store(), tmp_path / "recordings"
    recorder = Recorder(folder / "a.wav", lambda work: work())
    for number in range(500):  # 10 s; the last seconds are in memory yet
        recorder.heard(b"\1\2" * 320, number * 0.02)
    (folder / "b.part").write_bytes(b"")
    _run(_uploads(folder, store), 1)
    assert not list(folder.iterdir())
    with wave.open(io.BytesIO(store.kept["a.wav"])) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 16_000)
        assert file.getnframes() >= 6 * 16_000
        assert len(file.readframes(file.getnframes())) == 4 * file.getnframes()


def test_nothing_is_lost_while_the_store_is_away_and_it_is_asked_ever_less_often(tmp_path: Path) -> None:
    store, folder = _Store(), tmp_path / "recordings"
    _wait_there(folder, "a.wav")
    store.away = True
    uploads = _uploads(folder, store)
    _run(uploads, 100)
    assert [at_s for at_s, _ in store.tried] == [0.0, 5.0, 15.0, 35.0, 75.0]
    assert (folder / "a.wav").exists()
    store.away = False
    _run(_uploads(folder, store), 1)  # the next start
    assert store.kept.keys() == {"a.wav"}
    assert not list(folder.iterdir())


def test_one_recording_that_cannot_be_stored_does_not_hold_up_the_others(tmp_path: Path) -> None:
    store, folder = _Store("a.wav"), tmp_path / "recordings"
    _wait_there(folder, "a.wav", "b.wav")
    _run(_uploads(folder, store), 6)
    assert store.kept.keys() == {"b.wav"}
    assert (folder / "a.wav").exists()


def test_a_recording_that_comes_later_leaves_soon(tmp_path: Path) -> None:
    store, folder = _Store(), tmp_path / "recordings"
    uploads = _uploads(folder, store)

    async def scenario() -> None:
        async with uploads.open():
            await asyncio.sleep(60)
            _wait_there(folder, "a.wav")
            await asyncio.sleep(ROUND_S + 0.1)

    virtual_time.run(scenario())
    assert store.kept.keys() == {"a.wav"}


def test_the_disk_does_not_fill(tmp_path: Path) -> None:
    store, folder = _Store(), tmp_path / "recordings"
    uploads = _uploads(folder, store, 8000)
    log = CallLog(tmp_path, uploads)
    assert log.has_room
    store.away = True

    async def scenario() -> None:
        async with uploads.open():
            _wait_there(folder, "a.wav", "b.part")
            await asyncio.sleep(ROUND_S + 0.1)
            assert not log.has_room, "what is still written counts too"
            store.away = False
            await asyncio.sleep(10)
            assert log.has_room

    virtual_time.run(scenario())


def test_a_recording_is_served_from_here_until_it_has_left(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    log = CallLog(tmp_path, _uploads(folder, _Store()))
    assert log.recording_path("c1") == folder / "c1.wav"
    _wait_there(folder, "c1.wav")
    assert log.recording("c1") == folder / "c1.wav"
    (folder / "c1.wav").unlink()
    assert log.recording("c1") == RecordingLink("https://store/c1.wav?signed"), "of another node's call, too"
    report = tmp_path / "calls" / "c1" / "report.json"
    report.parent.mkdir(parents=True)
    report.write_text('{"recorded": false}')
    with pytest.raises(NotFoundError):
        log.recording("c1")
    (report.parent / "recording.wav").write_bytes(b"of before there was a store")
    assert log.recording("c1") == report.parent / "recording.wav"


def test_a_file_stays_for_a_moment_after_it_has_left_for_who_was_just_sent_to_it(tmp_path: Path) -> None:
    store, folder = _Store(), tmp_path / "recordings"
    uploads = _uploads(folder, store)
    log = CallLog(tmp_path, uploads)

    async def scenario() -> None:
        async with uploads.open():
            _wait_there(folder, "c1.wav")
            before = log.recording("c1")
            await asyncio.sleep(OPENING_S / 2)
            assert store.kept.keys() == {"c1.wav"}
            assert before == folder / "c1.wav"
            assert before.exists()
            assert log.recording("c1") == RecordingLink("https://store/c1.wav?signed")
            await asyncio.sleep(OPENING_S)
            assert not before.exists()

    virtual_time.run(scenario())
