"""A voice that is several."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from kit.clock import Clock
from pipeline.audio.resample import Resampler
from pipeline.incidents import IncidentLog
from pipeline.ports import AS_MADE, SpeakOptions, TextToSpeech, WordTimes
from providers.resilience.member import Member
from providers.resilience.race import Race, followed


class ResilientTts:
    """Speaks each sentence through the first member that begins; one that breaks off is not begun again.

    Another vendor's voice has another name, so a stand-in speaks with its own; its rate is made the first member's.
    """

    def __init__(self, members: Sequence[Member[TextToSpeech]], incidents: IncidentLog) -> None:
        """Take the members in order; the first one gives the name and the capabilities."""
        self._members, self._incidents = members, incidents
        first = members[0].provider
        self.provider, self.model, self.voice = first.provider, first.model, first.voice
        self.capabilities = first.capabilities
        self._clock = Clock()

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        """Yield a sentence; see `pipeline.ports.TextToSpeech`."""
        began_s = self._clock.now_s()
        able = [member for member in self._members if _speaks(member.provider, options.language)]
        race = Race(
            "tts", able or self._members, lambda each: self._spoken(each.provider, text, options), self._incidents
        )
        won = await race.won()
        by_s = began_s + won.member.patience.total_s
        async with aclosing(followed("tts", won, by_s, self._incidents)) as items:
            async for item in items:
                yield item

    async def warm(self) -> None:
        """Warm all members."""
        for member in self._members:
            await member.provider.warm()

    async def aclose(self) -> None:
        """Do nothing: the members belong to the process, not to the call."""

    async def _spoken(
        self, tts: TextToSpeech, text: str, options: SpeakOptions
    ) -> AsyncGenerator[bytes | WordTimes, None]:
        wanted_hz = options.rate_hz or self.capabilities.rates_hz[0]
        rate_hz = tts.capabilities.rate_for(wanted_hz)
        own = tts is self._members[0].provider or options.voice in tts.capabilities.voices
        resampler = Resampler(rate_hz, wanted_hz)
        spoken = tts.stream(text, SpeakOptions(options.voice if own else None, options.language, rate_hz))
        async with aclosing(spoken) as items:
            async for item in items:
                yield resampler(item) if isinstance(item, bytes) and rate_hz != wanted_hz else item


def _speaks(tts: TextToSpeech, language: str | None) -> bool:
    known = tts.capabilities.languages
    return not known or language is None or language.split("-")[0].lower() in {each.split("-")[0] for each in known}
