"""The first words of each flow, synthesised before anybody calls."""

import asyncio
from collections.abc import Iterator

import structlog

from flows.actions import Say
from flows.events import Started
from flows.interpreter import initial, step
from flows.model import Flow
from kit.errors import InputError, ProviderError
from pipeline.ports import SpeakOptions, TextToSpeech
from pipeline.speech.normalise import normalise
from pipeline.speech.sentences import sentences
from providers.cached import CachedTts
from server.flow_store import FlowStore

log = structlog.get_logger(__name__)

_WAITING = 256  # flows; more that are loaded at once are synthesised when they are called
_PLAYED_HZ = (16_000, 8_000)  # browsers, phones


class Greetings:
    """Fills the cache of a voice with what callers hear first, at every start and whenever a flow has changed."""

    def __init__(self, flows: FlowStore, voice: CachedTts, unhurried: TextToSpeech, *, has_llm: bool) -> None:
        """Prepare lines for `voice`; `unhurried` is the same voice, giving way to calls."""
        self._flows, self._voice, self._unhurried, self._has_llm = flows, voice, unhurried, has_llm
        self._waiting: asyncio.Queue[Flow] = asyncio.Queue(_WAITING)

    async def run(self) -> None:
        """Prepare for as long as the server runs."""
        loop = asyncio.get_running_loop()

        def from_thread(flow: Flow) -> None:
            loop.call_soon_threadsafe(self._loaded, flow)

        self._flows.on_loaded = from_thread
        try:
            for name in await asyncio.to_thread(self._flows.names):
                try:
                    await self._prepare(await asyncio.to_thread(self._flows.flow, name))
                except InputError as error:
                    log.debug("greeting_skipped", flow=name, code=error.code)
            log.info("greetings_ready", bytes=self._voice.kept_bytes)
            while True:
                await self._prepare(await self._waiting.get())
        finally:
            self._flows.on_loaded = None

    def _loaded(self, flow: Flow) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(flow)

    async def _prepare(self, flow: Flow) -> None:
        for line in first_lines(flow, has_llm=self._has_llm):
            language = line.language or next(iter(self._voice.capabilities.languages), "en")
            rates_hz = {self._voice.capabilities.rate_for(rate_hz): None for rate_hz in _PLAYED_HZ}
            for sentence in sentences(line.text, language):
                for rate_hz in rates_hz:
                    options = SpeakOptions(line.voice, line.language, rate_hz)
                    try:
                        await self._voice.prepare(normalise(sentence, language).said, options, self._unhurried)
                    except ProviderError as error:
                        log.info("greeting_not_prepared", flow=flow.id, provider=error.provider, code=error.code)


def first_lines(flow: Flow, *, has_llm: bool) -> Iterator[Say]:
    """Return what every call of a flow begins with: its first lines, unless they hold variables."""
    state, actions = step(flow, initial(flow), Started({}, has_llm), 0.0)
    node = flow.states.get(state.node or "")
    own = node.say if node is not None else ()
    for action in actions:
        if isinstance(action, Say) and "{" not in action.text and (not own or action.text in own):
            yield action
