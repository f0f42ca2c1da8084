"""The media plane of this process: models loaded once, and the calls that use them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from flows.model import Flow
from kit.clock import Clock
from kit.errors import CapacityError, ConfigError, InputError
from pipeline.ports import LanguageModel, Leg, Providers
from pipeline.recorder import Recorder
from pipeline.session import CallContext, CallHost, CallSession
from pipeline.vad import VadScheduler
from providers.embedded.load import EmbeddedModels, load
from providers.resilience.for_call import ProviderSet, for_call
from server.call_log import CallLog
from server.flow_speech import require_speakable, vendors_named
from server.provider_choice import Choice
from server.provider_registry import ProviderRegistry
from transports.ports import Call, CallRequest

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class MediaPlane:
    """Makes calls (`transports.ports.CallFactory`) while it is open.

    Attributes:
        flow_of: Finds the flow of a call; raises as `place` does.
        record: Whether calls are recorded.
        choice: Which providers calls use.
        local_llm: Makes the local language model (it may block); None where there is none.
    """

    flow_of: Callable[[CallRequest], Awaitable[Flow]]
    call_log: CallLog
    inference_threads: int
    record: bool
    choice: Choice
    local_llm: Callable[[], LanguageModel] | None = None
    _clock: Clock = field(default_factory=Clock)
    _registry: ProviderRegistry | None = None
    _tasks: asyncio.TaskGroup | None = None
    _host: CallHost | None = None
    _writer: ThreadPoolExecutor | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Load and warm the models; calls can be placed until it closes.

        Raises:
            ConfigError: A model is missing.
        """
        began_s = self._clock.now_s()
        models = await asyncio.to_thread(load, self.inference_threads)
        # One thread each: the detector must not wait behind a decode, nor a recording behind either.
        detector, self._writer = ThreadPoolExecutor(1, "vad"), ThreadPoolExecutor(1, "recorder")
        try:
            await models.warm()
            self._registry = ProviderRegistry(models.stt, models.tts, models.end_of_turn, self.local_llm)
            members = await asyncio.to_thread(self._registry.members, self.choice)
            async with asyncio.TaskGroup() as self._tasks:
                listening = self._start(models, detector, self._tasks)
                seconds = round(self._clock.now_s() - began_s, 2)
                log.info("models_ready", seconds=seconds, llm=bool(members.llm))
                yield
                listening.cancel()
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
        flow = await self.flow_of(request)
        today = self._clock.utc().astimezone().date().isoformat()
        recorder = self._recorder(request.call_id) if self.record else None
        about = CallContext(request.call_id, flow, request.context, today, self.choice.language)
        members = await asyncio.to_thread(_members, self._registry, self.choice, flow)
        require_speakable(flow, members, self.choice.language)
        providers = for_call(members)
        self._tasks.create_task(_warm(providers))
        return CallSession(about, providers, leg, self._host, recorder)

    def _start(
        self,
        models: EmbeddedModels,
        detector: ThreadPoolExecutor,
        tasks: asyncio.TaskGroup,
    ) -> "asyncio.Task[None]":
        loop = asyncio.get_running_loop()
        vad = VadScheduler(models.vad, lambda work, *args: loop.run_in_executor(detector, work, *args))
        self._host = CallHost(vad, self._clock, models.gate_factory)
        return tasks.create_task(vad.run())

    def _recorder(self, call_id: str) -> Recorder:
        writer = self._writer
        assert writer is not None, "open while calls are placed"

        def in_order(work: Callable[[], None]) -> None:
            writer.submit(_guarded, work)

        return Recorder(self.call_log.recording_path(call_id), in_order)


def _members(registry: ProviderRegistry, choice: Choice, flow: Flow) -> ProviderSet:
    """Return whom a call may use; a flow that names a vendor without a key is refused, as its own mistake."""
    named = vendors_named(flow)
    try:
        return registry.members(choice, named)
    except ConfigError as error:
        raise InputError(str(error), code="flow.voice") from error


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
