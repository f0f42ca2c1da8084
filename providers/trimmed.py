"""What `pipeline.ports.TextToSpeech` promises of every voice: no silence before the first word, little at the end."""

import contextlib
from collections.abc import AsyncGenerator

from pipeline.audio.silence import SilenceTrimmer
from pipeline.ports import AS_MADE, SpeakOptions, TextToSpeech, WordTime, WordTimes


class TrimmedTts:
    """A voice whose sentences begin and end where they sound."""

    def __init__(self, tts: TextToSpeech) -> None:
        """Trim what `tts` says."""
        self.provider, self.model, self.voice, self.capabilities = tts.provider, tts.model, tts.voice, tts.capabilities
        self._tts = tts

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        """Yield a sentence; see `pipeline.ports.TextToSpeech`. Times of words count from the first sample yielded."""
        trimmer = SilenceTrimmer(options.rate_hz or self.capabilities.rates_hz[0])
        early: list[WordTimes] = []
        async with contextlib.aclosing(self._tts.stream(text, options)) as items:
            async for item in items:
                if isinstance(item, WordTimes):
                    early.append(item)
                elif pcm := trimmer.feed(item):
                    yield pcm
                if trimmer.started:
                    for times in early:
                        yield _moved(times, trimmer.cut_s)
                    early.clear()
        if pcm := trimmer.finish():
            yield pcm

    async def warm(self) -> None:
        """Pass on."""
        await self._tts.warm()

    async def aclose(self) -> None:
        """Pass on."""
        await self._tts.aclose()


def _moved(times: WordTimes, earlier_s: float) -> WordTimes:
    return WordTimes(
        tuple(
            WordTime(word.text, max(0.0, word.start_s - earlier_s), max(0.0, word.end_s - earlier_s))
            for word in times.words
        )
    )
