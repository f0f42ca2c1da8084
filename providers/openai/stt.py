"""Transcription by OpenAI, and by servers that speak its `/audio/transcriptions`: a whole turn at a time."""

import asyncio
import io
import wave
from collections.abc import AsyncGenerator

from kit.errors import ProviderError
from pipeline.capabilities import SttCapabilities
from pipeline.ports import SttResult, SttSignal
from providers.openai.sdk import BASE_URL, OpenAiSdk

_LIMIT_S = 8.0
_LONGEST_S = 90.0  # of a turn; what came before it is forgotten


class OpenAiStt:
    """Keeps the sound of a turn and sends it when its reading is asked for; no partial readings."""

    provider = "openai"
    capabilities = SttCapabilities((16_000, 8000), languages=())

    def __init__(self, *, api_key: str, model: str = "gpt-4o-mini-transcribe", base_url: str = BASE_URL) -> None:
        """Connect to nothing yet."""
        self.model = model
        self._sdk = OpenAiSdk(base_url=base_url, api_key=api_key, provider=self.provider)

    async def open(self, language: str, rate_hz: int = 16_000) -> "OpenAiSttStream":
        """Start listening to one call; the service is first asked when a turn is read."""
        assert rate_hz in self.capabilities.rates_hz, "the caller chooses a rate that is offered"
        return OpenAiSttStream(self, language, rate_hz)

    async def read(self, wav: bytes, language: str) -> str:
        """Return what a recording says.

        Raises:
            ProviderError: The service failed.
        """
        with self._sdk.translated():
            async with asyncio.timeout(_LIMIT_S):
                heard = await self._sdk.client.audio.transcriptions.create(
                    model=self.model,
                    file=("turn.wav", wav, "audio/wav"),
                    language=language.split("-")[0],
                    response_format="json",
                )
        text = getattr(heard, "text", None)
        if not isinstance(text, str):
            raise ProviderError(self.provider, "sent what is not its protocol", retryable=True)
        return text.strip()

    async def warm(self) -> None:
        """Open a connection."""
        await self._sdk.warm()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._sdk.aclose()


class OpenAiSttStream:
    """One call's turns."""

    def __init__(self, owner: OpenAiStt, language: str, rate_hz: int) -> None:
        """Start with an empty turn."""
        self._owner, self._language, self._rate_hz = owner, language, rate_hz
        self._pcm = bytearray()
        self._read: tuple[int, SttResult] | None = None

    def begin(self, language: str | None = None) -> None:
        """Start a new turn."""
        self._language = language or self._language
        self._pcm, self._read = bytearray(), None

    def feed(self, pcm: bytes) -> None:
        """Keep sound of the current turn."""
        self._pcm += pcm
        excess = len(self._pcm) - int(_LONGEST_S * self._rate_hz) * 2
        if excess > 0:
            del self._pcm[:excess]

    async def partial(self) -> SttResult:
        """Return the last reading: a quick one is not to be had."""
        return self._read[1] if self._read else SttResult("", 0.0)

    async def finalize(self) -> SttResult:
        """Let the service read the turn, unless nothing was added since it last did.

        Raises:
            ProviderError: The service failed.
        """
        size = len(self._pcm)
        if self._read is None or self._read[0] != size:
            text = await self._owner.read(self._wav(), self._language) if any(self._pcm) else ""
            self._read = (size, SttResult(text, 1.0 if text else 0.0))
        return self._read[1]

    async def signals(self) -> AsyncGenerator[SttSignal, None]:
        """Yield nothing: it does not judge turns."""
        nothing: tuple[SttSignal, ...] = ()
        for signal in nothing:
            yield signal

    async def aclose(self) -> None:
        """Forget the sound."""
        self._pcm = bytearray()

    def _wav(self) -> bytes:
        file = io.BytesIO()
        with wave.open(file, "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(self._rate_hz)
            wav.writeframes(bytes(self._pcm))
        return file.getvalue()
