"""Any voice of pipecat's."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from kit.errors import ProviderError
from pipeline.audio.resample import Resampler
from pipeline.capabilities import TtsCapabilities
from pipeline.ports import AS_MADE, SpeakOptions, WordTime, WordTimes
from providers.pipecat_host import library
from providers.pipecat_host.host import Host, RequestClock
from providers.pipecat_host.inbox import Inbox
from providers.pipecat_host.pool import HostPool
from providers.pipecat_host.recipe import Recipe
from providers.pipecat_host.service_name import ServiceName

_FIRST_LIMIT_S = 5.0
_REASON_S = 0.05  # some say that they stopped before they say why
_NEXT_LIMIT_S = 2.5  # after 3 s pipecat takes silence for the end


@dataclass(frozen=True, slots=True)
class _Manner:
    voice: str
    language: str
    rate_hz: int


class HostedTts:
    """Speaks a sentence at a time; its connections are kept for the next ones."""

    def __init__(self, name: ServiceName, key: str | None, address: str | None) -> None:
        """Connect to nothing yet; see `Recipe`."""
        self._recipe = recipe = Recipe(name, library.TTSService, key, address)
        self.provider, self.model, self.voice = recipe.provider, recipe.model, recipe.voice
        self.capabilities = TtsCapabilities(recipe.rates_hz, word_times=recipe.times_words, languages=())
        self._pool = HostPool(self._host)
        self._usual = self._manner(AS_MADE)

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        """Yield the audio as it comes; see `pipeline.ports.TextToSpeech`."""
        if not any(character.isalnum() for character in text):
            return
        manner = self._usual = self._manner(options)
        async with self._pool.lend(manner) as host:
            inbox = Inbox(self.provider, _FIRST_LIMIT_S, _NEXT_LIMIT_S)
            host.clock.next_request()
            host.listen(inbox.put)
            host.busy = True
            await host.send(library.TTSSpeakFrame(text, append_to_context=False))
            async with contextlib.aclosing(self._spoken(inbox, host.clock, manner.rate_hz)) as items:
                async for item in items:
                    yield item
            host.busy = False

    async def warm(self) -> None:
        """Connect as for the last sentence: a telephone's rate takes a connection of its own."""
        with contextlib.suppress(ProviderError):
            await self._pool.warm(self._usual)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def _spoken(self, inbox: Inbox, clock: RequestClock, rate_hz: int) -> AsyncGenerator[bytes | WordTimes, None]:
        words, spoken_s, resampler = _Words(), 0.0, None
        while not isinstance(frame := await inbox.get(), library.TTSStoppedFrame):
            if isinstance(frame, library.TTSAudioRawFrame):
                inbox.went_on()
                spoken_s += len(frame.audio) / 2 / frame.sample_rate
                if frame.sample_rate != rate_hz:
                    resampler = resampler or Resampler(frame.sample_rate, rate_hz)
                yield resampler(frame.audio) if resampler else frame.audio
            elif isinstance(frame, library.TTSTextFrame) and frame.pts and self.capabilities.word_times:
                for times in words.add(frame.text.strip(), clock.since_s(frame.pts)):
                    yield times
        if not spoken_s:
            await inbox.fail_within(_REASON_S)
            raise ProviderError(self.provider, "sent no sound", retryable=True)
        for times in words.finish(spoken_s):
            yield times

    def _manner(self, options: SpeakOptions) -> _Manner:
        language = (options.language or "") if self._recipe.takes("language") else ""
        return _Manner(options.voice or "", language, options.rate_hz or self.capabilities.rates_hz[0])

    async def _host(self, manner: _Manner) -> Host:
        return await self._recipe.host({"voice": manner.voice, "language": manner.language}, rate_out_hz=manner.rate_hz)


class _Words:
    """Gives words their ends: services tell only when each begins."""

    def __init__(self) -> None:
        self._last: tuple[str, float] | None = None

    def add(self, text: str, start_s: float) -> list[WordTimes]:
        """Take a word; return the one before it."""
        if not text or start_s < 0 or (self._last and start_s < self._last[1]):
            return []  # text that was never timed
        done = self.finish(start_s)
        self._last = (text, start_s)
        return done

    def finish(self, end_s: float) -> list[WordTimes]:
        """Return the last word."""
        last, self._last = self._last, None
        return [WordTimes((WordTime(last[0], last[1], max(last[1], end_s)),))] if last else []
