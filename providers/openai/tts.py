"""Voices of OpenAI, and of servers that speak its `/audio/speech`: 24 kHz."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from kit.errors import ProviderError
from pipeline.capabilities import TtsCapabilities
from pipeline.ports import AS_MADE, SpeakOptions
from providers.openai.sdk import BASE_URL, OpenAiSdk

_FIRST_LIMIT_S = 5.0
_NEXT_LIMIT_S = 3.0
_RATE_HZ = 24_000  # of `response_format: pcm`
_CHUNK_BYTES = 4096
_VOICES = (
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer", "verse",
)  # fmt: skip  # openai.types.audio.speech_create_params.Voice


class OpenAiTts:
    """Speaks sentence by sentence over kept connections."""

    provider = "openai"

    def __init__(
        self, *, api_key: str, model: str = "gpt-4o-mini-tts", voice: str = "alloy", base_url: str = BASE_URL
    ) -> None:
        """Connect to nothing yet. Other servers than OpenAI's have voices of their own, which are not known here."""
        self.model, self.voice = model, voice
        self.capabilities = TtsCapabilities(
            (_RATE_HZ,), languages=(), voices=_VOICES if base_url.startswith("https://api.openai.com/") else ()
        )
        self._sdk = OpenAiSdk(base_url=base_url, api_key=api_key, provider=self.provider)

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes, None]:
        """Yield the audio as it comes; see `pipeline.ports.TextToSpeech`."""
        if not any(character.isalnum() for character in text):
            return
        known = not self.capabilities.voices or options.voice in self.capabilities.voices
        voice = options.voice if options.voice and known else self.voice
        requesting = self._sdk.client.audio.speech.with_streaming_response.create(
            model=self.model, voice=voice, input=text, response_format="pcm"
        )
        async with contextlib.AsyncExitStack() as closing:
            closing.enter_context(self._sdk.used())
            with self._sdk.translated():
                async with asyncio.timeout(_FIRST_LIMIT_S):
                    response = await closing.enter_async_context(requesting)
            if not response.headers.get("content-type", "").startswith("audio/"):
                raise ProviderError(self.provider, "sent what is not sound", retryable=True)
            chunks = response.iter_bytes(_CHUNK_BYTES)
            while True:
                with self._sdk.translated():
                    async with asyncio.timeout(_NEXT_LIMIT_S):
                        chunk = await anext(chunks, None)
                if chunk is None:
                    return
                yield chunk

    async def warm(self) -> None:
        """Open a connection."""
        await self._sdk.warm()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._sdk.aclose()
