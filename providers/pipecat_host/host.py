"""One service of pipecat without a pipeline: frames in, frames out, everything freed at the end."""

import asyncio
import contextlib
import inspect
from collections.abc import Callable
from typing import Any

from kit.errors import ProviderError
from providers.owned_task import OwnedTask
from providers.pipecat_host import library
from providers.pipecat_host.failures import stalled, translated

_OPEN_LIMIT_S = 3.0
_INTERRUPT_LIMIT_S = 0.025
_TIDY_LIMIT_S = 0.02
_CLIENT_LIMIT_S = 0.01
_CLIENT_PATIENCE_S = 1.0
_KILL_LIMIT_S = 0.004
_KILLS = 4
_SOCKET = {"open_timeout": 3.0, "ping_interval": 1.0, "ping_timeout": 1.5, "compression": None}
_NS_PER_S = 1_000_000_000
_REQUEST_NS = 3600 * _NS_PER_S
_DATA_OPCODES = (1, 2)  # of RFC 6455: text and binary

Taker = Callable[[Any], None]


class RequestClock(library.BaseClock):
    """Stands still while a service works, so that its times count from the beginning of what it was asked."""

    def __init__(self) -> None:
        """Stand at the beginning."""
        self._now_ns = 0

    def get_time(self) -> int:
        """Return nanoseconds."""
        return self._now_ns

    def start(self) -> None:
        """Do nothing; pipelines call it."""

    def next_request(self) -> None:
        """Go on to the next request, an hour later."""
        self._now_ns += _REQUEST_NS

    def since_s(self, pts_ns: int) -> float:
        """Return a time of the service's in seconds since the request."""
        return (pts_ns - self._now_ns) / _NS_PER_S


class _Worker:
    """What services ask of the worker of their pipeline."""

    name = "host"
    app_resources = None
    worker_runner = None


class _Neighbour:
    """Stands before and behind the service, and takes what it sends."""

    def __init__(self, take: Callable[[Any], None]) -> None:
        self._take = take
        self._prev = self._next = None

    async def queue_frame(self, frame: Any, direction: Any = None, callback: Any = None) -> None:
        self._take(frame)


class Host:
    """Runs one service for one user at a time.

    Attributes:
        error: Why it cannot be used any more.
        messages: How many came over its socket, where it has one that can be watched.
        busy: A request is under way.
    """

    def __init__(
        self,
        service: Any,
        provider: str,
        *,
        session: Any = None,
        rate_in_hz: int = 16_000,
        rate_out_hz: int = 24_000,
    ) -> None:
        """Hold `service` and the HTTP session that was given to it; `open` starts it."""
        self.service, self._provider, self._session = service, provider, session
        self._rates: dict[str, Any] = {"audio_in_sample_rate": rate_in_hz, "audio_out_sample_rate": rate_out_hz}
        self.clock = RequestClock()
        self.error: ProviderError | None = None
        self.messages = 0
        self.busy = False
        self._take: Taker = _ignore
        self._tasks = library.TaskManager()
        self._socket: Any = None
        self._closed = False
        self._closing: OwnedTask | None = None

    async def open(self) -> None:
        """Connect and start.

        Raises:
            ProviderError: It cannot be reached, or refuses.
        """
        self._watch_socket()
        neighbour: Any = _Neighbour(self._out)
        worker: Any = _Worker()
        self.service.link(neighbour)
        library.FrameProcessor.link(neighbour, self.service)
        setup = library.FrameProcessorSetup(
            clock=self.clock,
            task_manager=self._tasks,
            pipeline_worker=worker,
            enable_usage_metrics=isinstance(self.service, library.LLMService),
            **self._rates,
        )
        try:
            async with asyncio.timeout(_OPEN_LIMIT_S):
                await self.service.setup(setup)
                if self.error is None:
                    await self.done(library.StartFrame())
            if self.error is not None:
                raise self.error
        except TimeoutError:
            await self.aclose()
            raise stalled(self._provider, "did not answer") from None
        except (ProviderError, asyncio.CancelledError):
            await self.aclose()
            raise

    def listen(self, take: Taker) -> None:
        """Give what comes from now on, frames and a `ProviderError` at the end of all, to `take`."""
        self._take = take
        if self.error is not None:
            take(self.error)

    async def send(self, frame: Any) -> None:
        """Put a frame into the service; what it makes of it comes out later."""
        await self.service.queue_frame(frame)

    async def done(self, frame: Any) -> None:
        """Put a frame into the service and return once it has seen to it."""
        seen = asyncio.Event()

        async def note(*_: Any) -> None:
            seen.set()

        await self.service.queue_frame(frame, library.FrameDirection.DOWNSTREAM, note)
        await seen.wait()

    async def interrupt(self) -> bool:
        """Drop what is under way, within 25 ms; False if the service cannot be used after that."""
        self._take = _ignore
        try:
            async with asyncio.timeout(_INTERRUPT_LIMIT_S):
                await self.done(library.InterruptionFrame())
        except TimeoutError:
            return False
        self.busy = False
        return self.usable and not self._may_mix_up_sound

    @property
    def _may_mix_up_sound(self) -> bool:
        """Whether what comes late of one sentence may be taken for the next: it does not say what it belongs to."""
        return isinstance(self.service, library.TTSService) and self.service._pause_frame_processing

    @property
    def usable(self) -> bool:
        """Whether it can be given work."""
        return self.error is None and not self._closed and self.service.is_usable

    async def aclose(self) -> None:
        """End the service and all its tasks and sockets within 40 ms; may be called twice."""
        if self._closed:
            return
        self._closed = True
        self._take = _ignore
        try:
            async with asyncio.timeout(_TIDY_LIMIT_S):
                await self.service.cleanup()
        except TimeoutError:
            pass
        finally:
            await self._kill()
            self._closing = OwnedTask(self._close_clients())
            await self._closing.wait(_CLIENT_LIMIT_S)  # which goes on without us: its sockets must not stay open

    async def _kill(self) -> None:
        """Cancel what is left, more than once: a task may begin another, or lose a cancellation in `wait_for`."""
        if self._socket is not None:
            self._socket.transport.abort()
        for _ in range(_KILLS):
            tasks = set(self._tasks.current_tasks()) - {asyncio.current_task()}
            if not tasks:
                return
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_KILL_LIMIT_S)

    async def _close_clients(self) -> None:
        """Close the SDK's connections, which services leave open."""
        for client in (self._session, getattr(self.service, "_client", None)):
            close = getattr(client, "close", None)
            if inspect.iscoroutinefunction(close):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_CLIENT_PATIENCE_S):
                        await close()

    def _out(self, frame: Any) -> None:
        if isinstance(frame, library.ErrorFrame):
            if self.error is None:
                self.error = translated(self._provider, frame)
            self._take(self.error)
        else:
            self._take(frame)

    def _watch_socket(self) -> None:
        """Have a dead peer noticed in 2.5 s, and count what comes."""
        if not isinstance(self.service, library.WebsocketService):
            return
        service: Any = self.service
        connect = service._websocket_connect

        async def connected(uri: str, **options: Any) -> Any:
            self._socket = socket = await connect(uri, **{**_SOCKET, **options})
            process = socket.process_event

            def processed(event: Any) -> None:
                self.messages += event.opcode in _DATA_OPCODES
                process(event)

            socket.process_event = processed
            return socket

        service._websocket_connect = connected


def _ignore(_: Any) -> None:
    pass
