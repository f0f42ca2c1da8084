"""Speech with hibari: 24 kHz, one voice, about a hundred times faster than real time."""

import textwrap
from collections import OrderedDict
from collections.abc import AsyncGenerator

from hibari import SAMPLE_RATE, Hibari
from hibari.voices import VOICES

from kit.errors import ConfigError, ProviderError
from pipeline.capabilities import TtsCapabilities
from pipeline.ports import AS_MADE, SpeakOptions
from providers.embedded import weights
from providers.embedded.inference import InferencePool, Priority
from providers.embedded.loudness import raise_level, trim
from providers.embedded.samples import to_pcm

_LEAD_MS = 10
_GAP_MS = 120
_TAIL_MS = 80
_CACHE_BYTES = 32 * 1024 * 1024
_CACHED_CHARS = 300
# Longer runs without a full stop are cut at a space: memory and waiting grow with the length of one synthesis.
_PIECE_CHARS = 300
_SEED = 1


class HibariTts:
    """The embedded voice. Equal text gives equal bytes, and short sentences are kept for next time."""

    provider = "embedded"
    model = "hibari"
    capabilities = TtsCapabilities((SAMPLE_RATE,), voices=("heart",))

    def __init__(self, pool: InferencePool, voice: str = "heart") -> None:
        """Load the voice and its pronunciation rules.

        Raises:
            ConfigError: The voice is not in the installed package; nothing is ever downloaded.
        """
        if not VOICES.get(voice, {}).get("bundled"):
            raise ConfigError(f"voice {voice!r} is not installed; use 'heart'", code="config.voice")
        self.voice = voice
        self._pool = pool
        self._engine = Hibari(voice=voice, model=str(weights.HIBARI.locate()), threads=1)
        # reads an unknown word, so that everything that loads on first use is loaded
        self._engine("Zorblatt.")
        self._cache: OrderedDict[tuple[str, str, bool], bytes] = OrderedDict()
        self._cached_bytes = 0

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes, None]:
        """Yield each sentence of `text` as it is ready; text without anything to pronounce yields nothing.

        There is one voice, one language and one rate, whatever the options ask for.

        Raises:
            ProviderError: The pool is overloaded or the engine failed.
        """
        if not any(character.isalnum() for character in text):
            return
        pieces = [part for sentence in self._engine.split_sentences(text) for part in _cut(sentence)]
        started = False
        for piece in pieces:
            pcm = await self._speak(piece, first=not started)
            if pcm:
                started = True
                yield pcm

    async def warm(self) -> None:
        """Do nothing: it is loaded."""

    async def aclose(self) -> None:
        """Drop what was kept."""
        self._cache.clear()
        self._cached_bytes = 0

    async def _speak(self, piece: str, *, first: bool) -> bytes:
        key = (self.voice, piece, first)
        kept = self._cache.get(key)
        if kept is not None:
            self._cache.move_to_end(key)
            return kept
        lead_ms = _LEAD_MS if first else _GAP_MS
        priority = Priority.FIRST_SPEECH if first else Priority.SPEECH
        pcm = await self._pool.run(priority, self._synthesise, piece, lead_ms)
        if len(piece) <= _CACHED_CHARS:
            self._keep(key, pcm)
        return pcm

    def _synthesise(self, piece: str, lead_ms: int) -> bytes:
        try:
            audio = self._engine(piece, seed=_SEED)
        except (LookupError, ValueError, RuntimeError) as error:
            raise ProviderError("hibari", f"cannot speak: {error!r}", retryable=False) from error
        return to_pcm(raise_level(trim(audio, SAMPLE_RATE, lead_ms=lead_ms, tail_ms=_TAIL_MS)))

    def _keep(self, key: tuple[str, str, bool], pcm: bytes) -> None:
        self._cached_bytes += len(pcm) - len(self._cache.pop(key, b""))
        self._cache[key] = pcm
        while self._cached_bytes > _CACHE_BYTES:
            _, dropped = self._cache.popitem(last=False)
            self._cached_bytes -= len(dropped)


def _cut(sentence: str) -> list[str]:
    """Cut a sentence that is too long for one synthesis at its spaces, and endless words anywhere."""
    return textwrap.wrap(sentence, _PIECE_CHARS, break_on_hyphens=False)
