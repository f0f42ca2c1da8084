"""Makes providers once for the process, by pick and key, so that all calls share their connections and their health."""

import hashlib
import threading
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kit.errors import ConfigError
from pipeline.ports import EndOfTurnModel, LanguageModel, SpeechToText, TextToSpeech
from pipeline.usage import Kind
from providers.resilience.for_call import ProviderSet
from providers.resilience.member import LLM_PATIENCE, PATIENT, STT_PATIENCE, TTS_PATIENCE, Member, Patience
from providers.trimmed import TrimmedTts
from server.provider_choice import NOTHING_NAMED, Access, Choice, Named, Pick
from server.vendors import make

# Reading a whole turn over HTTP takes longer than finishing one that was read along.
_TRANSCRIPTION = Patience(first_s=4.0, next_s=4.0, total_s=8.0, hedge_s=4.0)
_PATIENCE: Mapping[Kind, Patience] = {"stt": STT_PATIENCE, "tts": TTS_PATIENCE, "llm": LLM_PATIENCE}
# A server of one's own may read a cold prompt for seconds; asked twice it is slower still.
_OWN_SERVER = Patience(first_s=10.0, next_s=5.0, total_s=60.0, hedge_s=10.0)
_KEPT = 256


class ProviderRegistry:
    """The process's providers.

    Attributes:
        embedded: What `load` made: recogniser, voice and end-of-turn model; None where only vendors are used.
    """

    def __init__(
        self,
        stt: SpeechToText | None = None,
        tts: TextToSpeech | None = None,
        end_of_turn: EndOfTurnModel | None = None,
        local_llm: Callable[[], LanguageModel] | None = None,
        remembering: Callable[[TextToSpeech], TextToSpeech] = TrimmedTts,
        *,
        kept: int = _KEPT,
    ) -> None:
        """Take the embedded models.

        Args:
            stt: See above.
            tts: Likewise.
            end_of_turn: Likewise.
            local_llm: Makes the local language model when it is first picked.
            remembering: Is put around each voice.
            kept: How many providers there may be that no call uses; each has connections of its own.
        """
        self._embedded: Mapping[Kind, Any] = {"stt": stt, "tts": tts, "llm": None}
        self._end_of_turn, self._local_llm, self._remembering = end_of_turn, local_llm, remembering
        self._members: OrderedDict[tuple[Pick, str], Member[Any]] = OrderedDict()
        self._in_use: Counter[int] = Counter()  # by the identity of their health, which lives as long as they do
        self._kept = kept
        self._making = threading.Lock()

    def members(self, choice: Choice, named: Named = NOTHING_NAMED) -> ProviderSet:
        """Return whom a call with this choice may use; makes what is not there yet, and may block for a second.

        Args:
            choice: All layers together.
            named: What the flow names besides.

        Raises:
            ConfigError: A vendor has no key, or its model or voice cannot be had.
        """
        return ProviderSet(
            [self.member(pick, choice) for pick in choice.stt],
            [self.member(pick, choice) for pick in choice.tts],
            [self.member(pick, choice) for pick in choice.llm],
            self._end_of_turn,
            {vendor: self.member(Pick("tts", vendor), choice) for vendor in named.voices},
            {name: self.member(pick, choice) for name, pick in named.stt.items()},
            {name: self.member(pick, choice) for name, pick in named.llm.items()},
        )

    def member(self, pick: Pick, choice: Choice) -> Member[Any]:
        """Return the provider of a pick.

        Raises:
            ConfigError: See `members`.
        """
        access = choice.access_of(pick)
        place = (pick, _fingerprint(access))
        with self._making:
            if place not in self._members:
                made = self._make(pick, access)
                made = self._remembering(made) if pick.kind == "tts" else made
                self._members[place] = Member(made, _patience(pick, made))
            self._members.move_to_end(place)
            return self._members[place]

    @asynccontextmanager
    async def lent(self, members: ProviderSet) -> AsyncIterator[None]:
        """Keep a call's providers while it lasts; then close those that were used longest ago, if they are too many."""
        used = [id(member.breaker) for member in members.all()]
        self._in_use.update(used)
        try:
            yield
        finally:
            self._in_use.subtract(used)
            self._in_use += Counter()  # forgets those at nothing
            await self._close_oldest()

    async def aclose(self) -> None:
        """Close all that was made."""
        for member in self._members.values():
            await member.provider.aclose()
        self._members.clear()

    async def _close_oldest(self) -> None:
        """Each key has its own connections: what no call uses goes, oldest first, until few enough are left."""
        with self._making:
            free = [
                place
                for place, member in self._members.items()
                if not place[0].served.in_process and not self._in_use[id(member.breaker)]
            ]
            excess = max(0, len(self._members) - self._kept)
            closing = [self._members.pop(place) for place in free[:excess]]
        for member in closing:
            await member.provider.aclose()

    def _make(self, pick: Pick, access: Access) -> Any:
        if pick.vendor == "embedded":
            if self._embedded[pick.kind] is None:
                raise ConfigError("the embedded models are not loaded", code="config.provider")
            return self._embedded[pick.kind]
        if pick.vendor == "local":
            if self._local_llm is None:
                raise ConfigError("LLM: there is no local model; run: make llm", code="config.llm")
            return self._local_llm()
        key = access.key.get_secret_value() if access.key else None
        return make(pick.kind, pick.vendor, pick.model, pick.voice, key, access.base_url)


def _patience(pick: Pick, made: Any) -> Patience:
    if pick.served.in_process:
        return PATIENT
    if pick.kind == "stt" and not made.capabilities.partials:
        return _TRANSCRIPTION
    return _OWN_SERVER if pick.vendor == "compatible" else _PATIENCE[pick.kind]


def _fingerprint(access: Access) -> str:
    """Tell keys apart without keeping them."""
    key = access.key.get_secret_value() if access.key else ""
    return hashlib.sha256(f"{key}\n{access.base_url}".encode()).hexdigest()


def local_model(path: Path) -> LanguageModel:
    """Load the model that `make llm` fetched; blocks for a second or two."""
    from providers.embedded.llm import EmbeddedLlm

    return EmbeddedLlm(path)
