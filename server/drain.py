"""Stop without dropping calls: the first signal drains, the second stops now (docs/adr/0006-drain-and-pvp-shell.md)."""

import socket
from collections.abc import Callable
from enum import Enum, auto
from types import FrameType

import structlog
import uvicorn

from kit.clock import Clock
from kit.errors import ConfigError
from transports.live import LiveCalls

STOP_GRACE_S = 3.0  # for `status ended` and the close frames of calls that are cut off
_DEAD_PEER_MS = 30_000

log = structlog.get_logger(__name__)


class Phase(Enum):
    """How far a server is on its way out."""

    SERVING = auto()
    DRAINING = auto()
    ENDING = auto()
    STOPPED = auto()


class DrainingServer(uvicorn.Server):
    """uvicorn, which would close every WebSocket within half a second, made to wait for live calls.

    The signal handler only counts; the phases change in `on_tick`, which uvicorn calls ten times a second.
    """

    def __init__(
        self, config: uvicorn.Config, live: LiveCalls, drain_timeout_s: float, on_ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self.phase = Phase.SERVING
        self._live = live
        self._drain_timeout_s = drain_timeout_s
        self._on_ready = on_ready
        self._clock = Clock()
        self._signals: list[int] = []
        self._deadline_s = 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal: new calls are refused from the first one on."""
        self._live.draining = True
        self._signals.append(sig)
        if len(self._signals) > 2:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Go on to the next phase when it is time."""
        if self._signals:
            self._advance()
        return await super().on_tick(counter)

    def _advance(self) -> None:
        now_s = self._clock.now_s()
        if self.phase is Phase.SERVING:
            self.phase, self._deadline_s = Phase.DRAINING, now_s + self._drain_timeout_s
            log.info("draining", live_calls=len(self._live), timeout_s=self._drain_timeout_s)
        if self.phase is Phase.DRAINING and (len(self._signals) > 1 or now_s >= self._deadline_s):
            self.phase, self._deadline_s = Phase.ENDING, now_s + STOP_GRACE_S
            self._live.end_all("server_stopping")
        if self.phase is not Phase.STOPPED and (not len(self._live) or now_s >= self._deadline_s):
            self.phase = Phase.STOPPED
            log.info("stopping", calls_cut_off=len(self._live))
            super().handle_exit(self._signals[0], None)


def serve(
    app: Callable[..., object],
    listener: socket.socket,
    live: LiveCalls,
    drain_timeout_s: float,
    on_ready: Callable[[], None],
) -> None:
    """Serve `app` on `listener` until a signal, then drain."""
    DrainingServer(config_of(app), live, drain_timeout_s, on_ready).run([listener])


def config_of(app: Callable[..., object]) -> uvicorn.Config:
    """Return how uvicorn serves us."""
    return uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_per_message_deflate=False,  # sound does not compress, and the try costs milliseconds
        ws_max_size=1024 * 1024,  # the codec's own limits are lower and answered; this one protects memory
        ws_ping_interval=20,
        ws_ping_timeout=20,
        timeout_graceful_shutdown=5,
        log_config=None,
        access_log=False,
        server_header=False,
    )


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket.

    Raises:
        ConfigError: `config.cannot_listen`; the message says what to do.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(f"HOST={host}: {error.strerror}", code="config.cannot_listen") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted sockets inherit it: one whose peer no longer reads is dropped even if its close cannot be sent.
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_PEER_MS)
        listener.bind(address)
        listener.listen(2048)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        advice = f"Stop what listens there, or choose another port: antiphon serve --port {port + 1}"
        raise ConfigError(f"Port {port} on {host}: {error.strerror}. {advice}", code="config.cannot_listen") from error
    return listener
