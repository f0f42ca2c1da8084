"""Sentences that were spoken before are not synthesised again, and the same one asked for twice at once only once."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from kit.errors import ProviderError
from pipeline.ports import AS_MADE, SpeakOptions, TextToSpeech, WordTimes

_Item = bytes | WordTimes
_WORD_BYTES = 200  # what one word's times take in memory, about
_LONGEST_S = 120.0  # of sound; no sentence is that long, so what goes on is a fault


@dataclass(frozen=True, slots=True)
class SpeechKey:
    """What makes two syntheses the same."""

    provider: str
    model: str
    voice: str
    language: str | None
    rate_hz: int
    text: str


class SpeechStore:
    """Whole sentences, the least recently used dropped first."""

    def __init__(self, max_bytes: int) -> None:
        """Keep at most `max_bytes` of sound; 0 keeps nothing."""
        self._max_bytes = max_bytes
        self._kept: OrderedDict[SpeechKey, tuple[_Item, ...]] = OrderedDict()
        self.bytes = 0

    def get(self, key: SpeechKey) -> tuple[_Item, ...] | None:
        """Return a sentence's sound, if it is kept."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    def put(self, key: SpeechKey, items: tuple[_Item, ...]) -> None:
        """Keep a whole sentence, and make room for it; one that is empty or larger than all the room is not kept."""
        size = _size(items)
        if not 0 < size <= self._max_bytes:
            return
        self.bytes += size - _size(self._kept.pop(key, ()))
        self._kept[key] = items
        while self.bytes > self._max_bytes:
            _, dropped = self._kept.popitem(last=False)
            self.bytes -= _size(dropped)


@dataclass(slots=True)
class _Synthesis:
    """One sentence in the making, and how many listen."""

    items: list[_Item] = field(default_factory=list)
    done: bool = False
    error: Exception | None = None
    listeners: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def add(self, item: _Item) -> None:
        self.items.append(item)
        self.tell()

    def tell(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


class CachedTts:
    """A voice that remembers. A synthesis ends when nobody listens to it any more, and only a whole one is kept."""

    def __init__(
        self, tts: TextToSpeech, store: SpeechStore, spawn: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]
    ) -> None:
        """Remember what `tts` says in `store`, which voices may share; `spawn` starts tasks that someone owns."""
        self.provider, self.model, self.voice, self.capabilities = tts.provider, tts.model, tts.voice, tts.capabilities
        self._tts, self._store, self._spawn = tts, store, spawn
        self._making: dict[SpeechKey, _Synthesis] = {}

    @property
    def kept_bytes(self) -> int:
        """How much is remembered now, of all voices that share the store."""
        return self._store.bytes

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[_Item, None]:
        """Yield a sentence, from memory or as it is made; see `pipeline.ports.TextToSpeech`."""
        async with contextlib.aclosing(self._stream(text, options, self._tts)) as items:
            async for item in items:
                yield item

    async def prepare(self, text: str, options: SpeakOptions, by: TextToSpeech | None = None) -> None:
        """Synthesise a sentence for later.

        Args:
            text: As `stream` will be asked for it.
            options: Likewise.
            by: Who makes it, if not the voice itself: the same one in less of a hurry.

        Raises:
            ProviderError: It could not be made.
        """
        async with contextlib.aclosing(self._stream(text, options, by or self._tts)) as items:
            async for _ in items:
                pass

    async def warm(self) -> None:
        """Pass on."""
        await self._tts.warm()

    async def aclose(self) -> None:
        """Pass on; what others who share the store remember stays."""
        await self._tts.aclose()

    async def _stream(self, text: str, options: SpeakOptions, by: TextToSpeech) -> AsyncGenerator[_Item, None]:
        rate_hz = options.rate_hz or self.capabilities.rates_hz[0]
        key = SpeechKey(self.provider, self.model, options.voice or self.voice, options.language, rate_hz, text)
        kept = self._store.get(key)
        if kept is not None:
            for item in kept:
                yield item
            return
        synthesis = self._making.get(key)
        if synthesis is None:
            synthesis = self._making[key] = _Synthesis()
            synthesis.task = self._spawn(self._make(synthesis, key, by, options))
        async with contextlib.aclosing(self._listen(synthesis, key)) as items:
            async for item in items:
                yield item

    async def _listen(self, synthesis: _Synthesis, key: SpeechKey) -> AsyncGenerator[_Item, None]:
        synthesis.listeners += 1
        index = 0
        try:
            while index < len(synthesis.items) or not synthesis.done:
                if index == len(synthesis.items):
                    await synthesis.changed.wait()
                    continue
                yield synthesis.items[index]
                index += 1
            if synthesis.error is not None:
                raise synthesis.error
        finally:
            synthesis.listeners -= 1
            if not synthesis.listeners and not synthesis.done and synthesis.task is not None:
                self._forget(synthesis, key)  # who asks now begins anew
                synthesis.task.cancel()

    def _forget(self, synthesis: _Synthesis, key: SpeechKey) -> None:
        if self._making.get(key) is synthesis:
            del self._making[key]

    async def _make(self, synthesis: _Synthesis, key: SpeechKey, by: TextToSpeech, options: SpeakOptions) -> None:
        room = int(_LONGEST_S * 2 * key.rate_hz)
        try:
            async with contextlib.aclosing(by.stream(key.text, options)) as items:
                async for item in items:
                    synthesis.add(item)
                    room -= len(item) if isinstance(item, bytes) else 0
                    if room < 0:
                        raise ProviderError(self.provider, "one sentence does not end", retryable=False)  # noqa: TRY301
            self._store.put(key, tuple(synthesis.items))
        except asyncio.CancelledError:
            synthesis.error = ProviderError(self.provider, "the voice is being closed", retryable=True)
            raise
        except Exception as error:  # noqa: BLE001  whoever listens gets it
            synthesis.error = error
        finally:
            synthesis.done = True
            synthesis.tell()
            self._forget(synthesis, key)


def _size(items: tuple[_Item, ...]) -> int:
    return sum(len(item) if isinstance(item, bytes) else _WORD_BYTES * len(item.words) for item in items)
