"""The media plane of this process: models loaded once, and the calls that use them."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from control_api.catalogue.voices import Sound
from flows.model import Flow
from kit.clock import Clock
from kit.errors import CapacityError, ConfigError, InputError
from kit.threads import step_back
from pipeline.ports import LanguageModel, Leg, Providers, TextToSpeech
from pipeline.recorder import Recorder
from pipeline.report import CallReport
from pipeline.session import CallContext, CallHost, CallSession
from pipeline.vad import VadScheduler
from providers.cached import CachedTts, SpeechStore
from providers.embedded.load import EmbeddedModels, load
from providers.resilience.for_call import ProviderSet, for_call
from providers.trimmed import TrimmedTts
from server.agent_calls import AgentCall
from server.call_log import CallLog
from server.flow_speech import named_in, require_speakable
from server.flow_store import FlowStore
from server.greetings import Greetings
from server.provider_choice import Choice, Pick
from server.provider_registry import ProviderRegistry
from server.provider_watch import ProviderWatch
from transports.ports import Call, CallRequest

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class MediaPlane:
    """Makes calls (`transports.ports.CallFactory`) while it is open.

    Attributes:
        flow_of: Finds the flow of a call; raises as `place` does.
        greeted: Flows whose first lines are synthesised before anybody calls.
        record: Whether calls are recorded.
        choice: Which providers the server uses.
        choice_of: Which ones a call does.
        agent_of: Finds the agent of a call, which then has its own flow, providers and manner.
        local_llm: Makes the local language model (it may block); None where there is none.
        speech_cache_bytes: How much synthesised speech is kept; 0 for none.
    """

    flow_of: Callable[[CallRequest], Awaitable[Flow]]
    greeted: FlowStore
    call_log: CallLog
    inference_threads: int
    record: bool
    choice: Choice
    choice_of: Callable[[CallRequest], Awaitable[Choice]]
    local_llm: Callable[[], LanguageModel] | None = None
    speech_cache_bytes: int = 64 * 1024 * 1024
    agent_of: Callable[[CallRequest, Leg], Awaitable[AgentCall | None]] | None = None
    _clock: Clock = field(default_factory=Clock)
    _watch: ProviderWatch = field(init=False)
    _registry: ProviderRegistry | None = None
    _tasks: asyncio.TaskGroup | None = None
    _host: CallHost | None = None
    _writer: ThreadPoolExecutor | None = None

    def __post_init__(self) -> None:
        """Watch what vendors refuse."""
        self._watch = ProviderWatch(self.choice)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Load and warm the models; calls can be placed until it closes.

        Raises:
            ConfigError: A model is missing.
        """
        began_s = self._clock.now_s()
        models = await asyncio.to_thread(load, self.inference_threads)
        # One thread each: the detector must not wait behind a decode, nor a recording behind either.
        detector, self._writer = (ThreadPoolExecutor(1, name, step_back) for name in ("vad", "recorder"))
        try:
            await models.warm()
            async with asyncio.TaskGroup() as self._tasks:
                asked = self._tasks.create_task(self._watch.start())
                self._registry = self._providers(models, self._tasks)
                members = await asyncio.to_thread(self._registry.members, self.choice)
                await asked
                lasting = self._start(models, members, detector, self._tasks)
                seconds = round(self._clock.now_s() - began_s, 2)
                log.info("models_ready", seconds=seconds, llm=bool(members.llm))
                # What is there now stays: the collector, which stops every call, need not look at it again.
                gc.collect()
                gc.freeze()
                yield
                gc.unfreeze()
                for task in lasting:
                    task.cancel()
            await self._registry.aclose()
        finally:
            self._registry = self._host = self._tasks = None
            await asyncio.to_thread(models.close)
            detector.shutdown()
            self._writer.shutdown()

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        """Prepare a call; see `transports.ports.CallFactory`."""
        if self._registry is None or self._host is None or self._tasks is None:
            raise CapacityError("The server is not ready yet; try again in a moment.")
        agent = await self.agent_of(request, leg) if self.agent_of is not None else None
        flow = agent.flow if agent is not None else await self.flow_of(request)
        choice = await self.choice_of(request)
        choice = agent.choice.over(choice) if agent is not None else choice
        recorded = self.record and (agent is None or agent.recorded)
        if recorded and not self.call_log.has_room:
            log.error("not_recorded", reason="too much waits for the store of recordings")
            recorded = False
        recorder = self._recorder(request.call_id) if recorded else None
        about = self._about(request, flow, choice, agent)
        members = await self._members(self._registry, choice, flow)
        require_speakable(flow, members, choice.language)
        providers = for_call(members)
        self._tasks.create_task(_warm(providers))
        call: Call = CallSession(about, providers, leg, self._host, recorder, request.watch)
        if agent is not None:
            call = agent.around(call)
        lent = _LentCall(call, self._registry, members)
        return lent if recorder is None else _RecordedCall(lent, self._written)

    async def sample(self, text: str) -> Sound:
        """Speak a text with the voice of this server; see `control_api.catalogue.voices.Sampler`."""
        if self._registry is None:
            raise CapacityError("The server is not ready yet; try again in a moment.")
        voice = self._registry.member(Pick("tts", "embedded"), self.choice).provider
        pcm = b"".join([piece async for piece in voice.stream(text) if isinstance(piece, bytes)])
        return Sound(pcm, voice.capabilities.rates_hz[0])

    def _about(self, request: CallRequest, flow: Flow, choice: Choice, agent: AgentCall | None) -> CallContext:
        if agent is not None:
            return CallContext(request.call_id, flow, request.context, agent.today, choice.language, agent.manner)
        today = self._clock.utc().astimezone().date().isoformat()
        return CallContext(request.call_id, flow, request.context, today, choice.language)

    async def _members(self, registry: ProviderRegistry, choice: Choice, flow: Flow) -> ProviderSet:
        """Return whom a call may use; a flow that names what cannot be had is refused, as its own mistake."""
        named = named_in(flow)
        await self._watch.prove(choice, named)
        try:
            return await asyncio.to_thread(registry.members, self._watch.usable(choice, named), named)
        except ConfigError as error:
            raise InputError(str(error), code="flow.provider") from error

    def _providers(self, models: EmbeddedModels, tasks: asyncio.TaskGroup) -> ProviderRegistry:
        store = SpeechStore(self.speech_cache_bytes)

        def remembering(tts: TextToSpeech) -> TextToSpeech:
            return CachedTts(TrimmedTts(tts), store, tasks.create_task)

        return ProviderRegistry(models.stt, models.tts, models.end_of_turn, self.local_llm, remembering)

    def _start(
        self, models: EmbeddedModels, members: ProviderSet, detector: ThreadPoolExecutor, tasks: asyncio.TaskGroup
    ) -> "list[asyncio.Task[None]]":
        loop = asyncio.get_running_loop()
        vad = VadScheduler(models.vad, lambda work, *args: loop.run_in_executor(detector, work, *args))
        self._host = CallHost(vad, self._clock, models.gate_factory)
        work = [vad.run(), self._watch.run()]
        voice = members.tts[0].provider
        # A vendor's characters cost money: its greetings are spoken once somebody calls.
        if self.speech_cache_bytes and self.choice.tts[0].vendor == "embedded" and isinstance(voice, CachedTts):
            work.append(Greetings(self.greeted, voice, models.tts.unhurried(), has_llm=bool(members.llm)).run())
        return [tasks.create_task(each) for each in work]

    async def _written(self) -> None:
        """Wait until what calls gave to the recorder so far is on the disk."""
        if self._writer is not None:
            await asyncio.wrap_future(self._writer.submit(_guarded, lambda: None))

    def _recorder(self, call_id: str) -> Recorder:
        writer = self._writer
        assert writer is not None, "open while calls are placed"

        def in_order(work: Callable[[], None]) -> None:
            writer.submit(_guarded, work)

        return Recorder(self.call_log.recording_path(call_id), in_order)


class _LentCall:
    """A call that keeps its providers from being closed while it runs."""

    def __init__(self, session: Call, registry: ProviderRegistry, members: ProviderSet) -> None:
        self.receive, self.end = session.receive, session.end
        self._session, self._registry, self._members = session, registry, members

    async def run(self) -> CallReport:
        async with self._registry.lent(self._members):
            return await self._session.run()


class _RecordedCall:
    """A call that is over once its recording is: its report says whether there is one."""

    def __init__(self, call: Call, written: Callable[[], Awaitable[None]]) -> None:
        self.receive, self.end = call.receive, call.end
        self._call, self._written = call, written

    async def run(self) -> CallReport:
        report = await self._call.run()
        await self._written()
        return report


async def _warm(providers: Providers) -> None:
    """Open connections while the other side still rings; what fails, the first request finds again."""
    async with asyncio.TaskGroup() as tasks:
        for provider in (providers.stt, providers.tts, providers.llm):
            if provider is not None:
                tasks.create_task(provider.warm())


def _guarded(work: Callable[[], None]) -> None:
    """Write; a full disk costs the recording, not the call."""
    try:
        work()
    except OSError as error:
        log.error("recording_not_written", reason=error.strerror)  # noqa: TRY400  no bug
