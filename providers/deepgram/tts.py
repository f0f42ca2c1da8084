"""Deepgram's voices (Aura), sentence by sentence over kept connections.

Its socket was measured beside them (`tests/e2e/vendors/test_speak_socket.py`): once the connection that an interruption
cost is opened again while the caller speaks, the socket begins no sooner and stops no sooner, and each
that is kept counts against the account's limit of sockets.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from kit.errors import ProviderError
from pipeline.capabilities import TtsCapabilities
from pipeline.ports import AS_MADE, SpeakOptions
from providers.deepgram.sdk import BASE_URL, PROVIDER, sdk_client, translated
from providers.warmth import KEPT_S, Warmth

_FIRST_LIMIT_S = 5.0
_NEXT_LIMIT_S = 3.0
_RATES_HZ = (24_000, 8000, 16_000, 48_000)


class DeepgramTts:
    """Speaks with Aura. A voice's name says its model and its language: `aura-2-thalia-en`."""

    provider = PROVIDER

    def __init__(self, *, api_key: str, voice: str = "aura-2-thalia-en", base_url: str = BASE_URL) -> None:
        """Connect to nothing yet."""
        import httpx

        self.voice = voice
        self.model = voice.rsplit("-", 2)[0]
        self.capabilities = TtsCapabilities(_RATES_HZ, languages=(voice.rsplit("-", 1)[-1],))
        self._http = httpx.AsyncClient(
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=50, keepalive_expiry=KEPT_S),
            timeout=httpx.Timeout(_FIRST_LIMIT_S),
        )
        self._client = sdk_client(api_key, base_url, self._http)
        self._warmth = Warmth(lambda: self._http.head(base_url), httpx.HTTPError)

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes, None]:
        """Yield the audio as it comes; see `pipeline.ports.TextToSpeech`."""
        if not any(character.isalnum() for character in text):
            return
        requesting = self._client.speak.v1.audio.with_raw_response.generate(
            text=text,
            model=options.voice or self.voice,
            encoding="linear16",
            container="none",
            sample_rate=options.rate_hz or _RATES_HZ[0],
            request_options={"max_retries": 0},
        )
        async with contextlib.AsyncExitStack() as closing:
            closing.enter_context(self._warmth.used())
            with translated():
                async with asyncio.timeout(_FIRST_LIMIT_S):
                    response = await requesting.__aenter__()
            closing.push_async_callback(requesting.__aexit__, None, None, None)
            if not response.headers.get("content-type", "").startswith("audio/"):
                raise ProviderError(PROVIDER, "sent what is not sound", retryable=True)
            while True:
                with translated():
                    async with asyncio.timeout(_NEXT_LIMIT_S):
                        chunk = await anext(response.data, None)
                if chunk is None:
                    return
                yield chunk

    async def warm(self) -> None:
        """Open a connection."""
        await self._warmth.warm()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()
