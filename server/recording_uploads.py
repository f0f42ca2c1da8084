"""Recordings on their way to a store: a file that waits is what there is to do (docs/adr/0047)."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import structlog

from kit.errors import ProviderError

OffLoop = Callable[[Callable[[], Any]], Awaitable[Any]]
ROUND_S = 2.0
OPENING_S = 0.5  # for whoever was just told that the file is here
_HEADER_BYTES, _RIFF_SIZE_AT, _DATA_SIZE_AT = 44, 4, 40  # of the WAV files that `pipeline.recorder` writes
_AGAIN_S, _LONGEST_AGAIN_S = 5.0, 300.0

log = structlog.get_logger(__name__)


class RecordingStore(Protocol):
    """Keeps files under names."""

    async def put(self, name: str, path: Path) -> None:
        """Keep a file; once this returns, it is there.

        Raises:
            ProviderError: It is not known whether it is there.
        """

    def link(self, name: str) -> str:
        """Return an address at which whoever has it gets the file, for a few minutes."""


class RecordingUploads:
    """The folder in which whole recordings wait, and the task that carries them away."""

    def __init__(
        self, folder: Path, store: RecordingStore, most_bytes: int, off_loop: OffLoop = asyncio.to_thread
    ) -> None:
        """Keep recordings in `folder` until `store` has them; beyond `most_bytes` there, calls are not recorded.

        What reads and writes the folder runs through `off_loop`.
        """
        self._off_loop = off_loop
        self._folder, self._store, self._most_bytes = folder, store, most_bytes
        self._waiting_bytes = 0
        self._failures: dict[str, int] = {}
        self._left: set[Path] = set()

    def path_of(self, call_id: str) -> Path:
        """Return where the recording of a call is written."""
        return self._folder / f"{call_id}.wav"

    def link(self, call_id: str) -> str:
        """Return an address of a recording that has left; see `RecordingStore.link`."""
        return self._store.link(f"{call_id}.wav")

    def has_left(self, call_id: str) -> bool:
        """Whether the store has a recording whose file is about to go."""
        return self.path_of(call_id) in self._left

    @property
    def has_room(self) -> bool:
        """Whether one more call may be recorded."""
        return self._waiting_bytes < self._most_bytes

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Carry recordings away until it closes; what waits then is found at the next start."""
        await self._off_loop(self._rescue_all)
        async with asyncio.TaskGroup() as tasks:
            carrying = tasks.create_task(self.run())
            try:
                yield
            finally:
                carrying.cancel()

    async def run(self) -> None:
        """Carry recordings away, for ever."""
        again_s = _AGAIN_S
        while True:
            try:
                if await self.round():
                    again_s = _AGAIN_S
                    await asyncio.sleep(ROUND_S)
                    continue
            except OSError as error:
                log.error("recordings_unreadable", reason=error.strerror)  # noqa: TRY400  no bug
            await asyncio.sleep(again_s)
            again_s = min(2 * again_s, _LONGEST_AGAIN_S)

    async def round(self) -> bool:
        """Carry away what waits; False if the store failed."""
        has_worked = await self._carry(await self._off_loop(self._look))
        if self._left:
            await asyncio.sleep(OPENING_S)
        for path in sorted(self._left):
            await self._off_loop(partial(path.unlink, missing_ok=True))
            self._left.discard(path)
        return has_worked

    async def _carry(self, waiting: list[Path]) -> bool:
        for path in sorted(waiting, key=lambda each: (self._failures.get(each.name, 0), each.name)):
            try:
                await self._store.put(path.name, path)
            except ProviderError as error:
                self._failures[path.name] = self._failures.get(path.name, 0) + 1
                log.warning("recording_waits", call_id=path.stem, code=error.code, waiting=len(waiting))
                return False
            self._failures.pop(path.name, None)
            self._left.add(path)
            log.info("recording_stored", call_id=path.stem)
        return True

    def _rescue_all(self) -> None:
        """Make whole what a process that was killed left: no call of this one has begun."""
        for part in self._folder.glob("*.part"):
            try:
                _rescue(part)
            except OSError as error:
                log.error("recording_not_rescued", call_id=part.stem, reason=error.strerror)  # noqa: TRY400  no bug

    def _look(self) -> list[Path]:
        """Return what is whole; what is still written takes room as well."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = list(self._folder.iterdir())
        self._waiting_bytes = sum(path.stat().st_size for path in files if path.exists())
        return [path for path in files if path.suffix == ".wav"]


def _rescue(part: Path) -> None:
    """Write into a recording how long it has become, and give it its name; an empty one is dropped."""
    data_bytes = part.stat().st_size - _HEADER_BYTES
    if data_bytes <= 0:
        part.unlink()
        return
    with part.open("r+b") as file:
        for place, size in ((_RIFF_SIZE_AT, data_bytes + _HEADER_BYTES - 8), (_DATA_SIZE_AT, data_bytes)):
            file.seek(place)
            file.write(struct.pack("<I", size))
    part.rename(part.with_suffix(".wav"))
