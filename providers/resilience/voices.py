"""A voice that is another vendor's where a flow asks for one: `openai:nova` in a state's `voice`."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace

from pipeline.ports import AS_MADE, SpeakOptions, TextToSpeech, WordTimes


def vendor_of(voice: str | None) -> tuple[str, str]:
    """Return vendor and voice of `VENDOR:VOICE`; no vendor where none is named."""
    vendor, colon, name = (voice or "").partition(":")
    return (vendor, name) if colon else ("", vendor)


class VoicesByVendor:
    """Speaks with the call's own voice, or with that of the vendor whose voice is asked for."""

    def __init__(self, own: TextToSpeech, others: Mapping[str, TextToSpeech]) -> None:
        """Take the call's voice, which gives the name and the capabilities, and the others by vendor."""
        self._own, self._others = own, others
        self.provider, self.model, self.voice, self.capabilities = own.provider, own.model, own.voice, own.capabilities

    def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        """Speak at the rate of the call's own voice; see `pipeline.ports.TextToSpeech`."""
        vendor, voice = vendor_of(options.voice)
        if vendor not in self._others:
            return self._own.stream(text, replace(options, voice=None) if vendor else options)
        rate_hz = options.rate_hz or self.capabilities.rates_hz[0]
        return self._others[vendor].stream(text, SpeakOptions(voice or None, options.language, rate_hz))

    async def warm(self) -> None:
        """Warm all."""
        for tts in (self._own, *self._others.values()):
            await tts.warm()

    async def aclose(self) -> None:
        """Do nothing: the voices belong to the process, not to the call."""
