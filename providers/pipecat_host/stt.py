"""Any recogniser of pipecat's; each call has one of its own."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Any, Final

from kit.clock import Clock
from kit.errors import ProviderError
from pipeline.capabilities import SttCapabilities
from pipeline.ports import SttResult, SttSignal
from providers.owned_task import OwnedTask
from providers.pipecat_host import library
from providers.pipecat_host.failures import stalled
from providers.pipecat_host.host import Host
from providers.pipecat_host.reading import Reading
from providers.pipecat_host.recipe import Recipe
from providers.pipecat_host.service_name import ServiceName

_RATES_HZ: Final = (16_000, 8000)
_READ_LIMIT_S = 0.6  # below what `providers.resilience` waits
_SEGMENT_LIMIT_S = 10.0
_QUEUED_LIMIT_S = 30.0


class HostedStt:
    """Listens with one class of services."""

    def __init__(self, name: ServiceName, key: str | None, address: str | None) -> None:
        """Connect to nothing yet; see `Recipe`."""
        self._recipe = recipe = Recipe(name, library.STTService, key, address)
        self.provider, self.model = recipe.provider, recipe.model
        self._segmented = issubclass(recipe.service_class, library.SegmentedSTTService)
        self.capabilities = SttCapabilities(_RATES_HZ, partials=not self._segmented, languages=())

    async def open(self, language: str, rate_hz: int = 16_000) -> "HostedSttStream":
        """Open one.

        Raises:
            ProviderError: It cannot be reached, or refuses.
        """
        known = self._recipe.takes("language")
        host = await self._recipe.host({"language": language} if known else {}, rate_in_hz=rate_hz)
        stream = HostedSttStream(host, self._recipe, language, rate_hz, segmented=self._segmented)
        await stream.open()
        return stream

    async def warm(self) -> None:
        """Do nothing: a service is opened with each call, before its first turn."""

    async def aclose(self) -> None:
        """Do nothing: nothing is open between calls."""


class HostedSttStream:
    """Fills `pipeline.ports.SttStream`."""

    def __init__(self, host: Host, recipe: Recipe, language: str, rate_hz: int, *, segmented: bool) -> None:
        """Hold the service; `open` connects it."""
        self._host, self._recipe, self._rate_hz = host, recipe, rate_hz
        self._limit_s = _SEGMENT_LIMIT_S if segmented else _READ_LIMIT_S
        self._confirms = not segmented
        self._clock = Clock()
        self._reading = Reading()
        self._changed = asyncio.Event()
        self._queue: deque[Any] = deque()
        self._queued = asyncio.Event()
        self._queued_bytes = 0
        self._speaking = False
        self._language = language
        self._pump: OwnedTask | None = None
        self._closed = False
        self._hear_of_ends()

    async def open(self) -> None:
        """Connect; see `HostedStt.open`."""
        await self._host.open()
        self._host.listen(self._take)
        self._pump = OwnedTask(self._pass_on())

    def begin(self, language: str | None = None) -> None:
        """Start a turn."""
        self._reading.begin(self._clock.now_s())
        self._speak(speaking=False)
        if language and language != self._language and self._recipe.takes("language"):
            self._language = language
            self._put(library.UserStoppedSpeakingFrame())  # while somebody speaks, no other socket is opened
            self._put(library.STTUpdateSettingsFrame(delta=self._recipe.settings(language=language)))
        self._speak(speaking=True)

    def feed(self, pcm: bytes) -> None:
        """Take audio of the turn."""
        self._speak(speaking=True)
        self._queued_bytes += len(pcm)
        if self._queued_bytes > _QUEUED_LIMIT_S * 2 * self._rate_hz:
            self._host.error = self._host.error or stalled(self._recipe.provider, "takes no audio")
            return
        self._reading.fed()
        self._put(library.InputAudioRawFrame(pcm, self._rate_hz, 1))

    async def partial(self) -> SttResult:
        """Return what came so far.

        Raises:
            ProviderError: Nothing comes any more.
        """
        self._check()
        return self._reading.result()

    async def finalize(self) -> SttResult:
        """Return a reading of all that was fed.

        Raises:
            ProviderError: The service failed, or said nothing at all.
        """
        self._check()
        began_s = self._clock.now_s()
        messages = self._host.messages
        if self._speaking and self._reading.done_s(began_s) is None:
            self._reading.asked(began_s)
            self._speak(speaking=False)
        try:
            async with asyncio.timeout_at(began_s + self._limit_s):
                await self._read()
        except TimeoutError:
            if not self._reading.will_do(answered=self._host.messages > messages):
                raise stalled(self._recipe.provider, "stopped reading") from None
        self._check()
        self._reading.settled()
        return self._reading.result()

    async def signals(self) -> AsyncGenerator[SttSignal, None]:
        """Yield nothing: pipecat's services leave the end of a turn to others."""
        nothing: tuple[SttSignal, ...] = ()
        for signal in nothing:
            yield signal

    async def aclose(self) -> None:
        """Let go of the service."""
        if self._closed:
            return
        self._closed = True
        self._changed.set()
        if self._pump is not None:
            self._pump.cancel()
        await self._host.aclose()

    async def _read(self) -> None:
        while True:
            self._check()
            now_s = self._clock.now_s()
            done_s = self._reading.done_s(now_s)
            if done_s is not None and done_s <= now_s:
                return
            self._changed.clear()
            try:
                async with asyncio.timeout_at(done_s):
                    await self._changed.wait()
            except TimeoutError:
                return

    def _take(self, frame: Any) -> None:
        if isinstance(frame, library.TranscriptionFrame):
            self._reading.heard(frame.text, self._clock.now_s(), final=True, last=frame.finalized)
        elif isinstance(frame, library.InterimTranscriptionFrame):
            self._reading.heard(frame.text, self._clock.now_s(), final=False)
        elif not isinstance(frame, ProviderError):
            return
        self._changed.set()

    def _hear_of_ends(self) -> None:
        """Notice that all is read where no transcript says so: there was nothing to hear."""
        service: Any = self._host.service
        confirm, transcribe = service.confirm_finalize, service.run_stt

        def confirmed() -> None:
            confirm()
            self._settled()

        async def transcribed(audio: bytes) -> AsyncGenerator[Any, None]:
            async for frame in transcribe(audio):
                yield frame
            self._settled()

        if not self._confirms:
            service.run_stt = transcribed
        else:
            service.confirm_finalize = confirmed

    def _settled(self) -> None:
        self._reading.confirmed(self._clock.now_s())
        self._changed.set()

    def _speak(self, *, speaking: bool) -> None:
        """Tell the service when there is speech: this is what makes it read."""
        if speaking != self._speaking:
            self._speaking = speaking
            kind = library.VADUserStartedSpeakingFrame if speaking else library.VADUserStoppedSpeakingFrame
            self._put(kind())

    def _check(self) -> None:
        if self._host.error is not None:
            raise self._host.error

    def _put(self, frame: Any) -> None:
        self._queue.append(frame)
        self._queued.set()

    async def _pass_on(self) -> None:
        while True:
            await self._queued.wait()
            self._queued.clear()
            while self._queue:
                frame = self._queue.popleft()
                if isinstance(frame, library.InputAudioRawFrame):
                    self._queued_bytes -= len(frame.audio)
                    await self._host.send(frame)
                else:  # seen to before more sound comes: another language takes another socket
                    await self._host.done(frame)
