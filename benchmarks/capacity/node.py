"""Our server as it is measured: real transports, real core, real voice detection; instant models."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from benchmarks.capacity.meter import Meter
from benchmarks.capacity.workload import ANSWER, WORDS, sentence
from flows.actions import ToolSpec
from flows.load import load
from kit.clock import Clock
from pipeline.ports import Leg, LlmOptions, Message, Providers, SttCapabilities, SttResult, ToolCall
from pipeline.session import CallContext, CallHost, CallSession
from pipeline.vad import VadScheduler
from providers.embedded.gate import WebRtcGate
from providers.embedded.silero import SileroVad
from server.drain import config_of
from server.logging import configure
from telephony.twilio.routes import twilio_router
from transports.live import LiveCalls
from transports.ports import Call, CallRequest
from transports.pvp_routes import pvp_router

_FLOW = load("""
id: chatter
version: "1.0.0"
initial_state: chat
states:
  chat:
    prompt: Help the caller to book a table.
    transitions:
      on_utterance: [{pattern: "never said", target: chat}]
""")
_TTS_CHUNK_S = 0.1


class InstantStt:
    """A recogniser that knows the words; also its own stream."""

    capabilities = SttCapabilities()
    _result = SttResult(WORDS)

    async def open(self, language: str) -> "InstantStt":
        """Start at once."""
        return self

    def begin(self) -> None:
        """Forget nothing."""

    def feed(self, pcm: bytes) -> None:
        """Take the audio as a vendor's socket would."""

    async def partial(self) -> SttResult:
        """Return the words."""
        return self._result

    async def finalize(self) -> SttResult:
        """Return the words."""
        return self._result

    async def aclose(self) -> None:
        """Hold nothing."""


class InstantLlm:
    """A language model that answers the same, word by word."""

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncIterator[str | ToolCall]:
        """Yield the words of the answer."""
        for word in " ".join(ANSWER).split(" "):
            yield word + " "

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Keep nothing warm."""

    async def aclose(self) -> None:
        """Hold nothing."""


class InstantTts:
    """A voice that has every sentence ready."""

    voice = "instant"

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        pcm, size = sentence(rate_hz), 2 * int(_TTS_CHUNK_S * rate_hz)
        self._chunks = [pcm[start : start + size] for start in range(0, len(pcm), size)]

    async def stream(self, text: str) -> AsyncIterator[bytes]:
        """Yield 2 s of sound."""
        for chunk in self._chunks:
            yield chunk


class _Tokens:
    """No session was ever made here."""

    def redeem(self, token: str) -> CallRequest:
        raise KeyError(token)

    def release(self, token: str) -> None:
        raise KeyError(token)


class _Node:
    """Makes calls."""

    def __init__(self) -> None:
        self._clock = Clock()
        self._host: CallHost | None = None
        self._providers = Providers(InstantStt(), InstantTts(16_000), llm=InstantLlm())

    @asynccontextmanager
    async def open(self, app: FastAPI) -> AsyncIterator[None]:
        del app
        loop = asyncio.get_running_loop()
        Meter().start()
        with ThreadPoolExecutor(1, "vad") as detector:
            vad = VadScheduler(SileroVad(), lambda work, *args: loop.run_in_executor(detector, work, *args))
            self._host = CallHost(vad, self._clock, WebRtcGate)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(vad.run())
                yield
                running.cancel()

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        assert self._host is not None
        return CallSession(CallContext(request.call_id, _FLOW), self._providers, leg, self._host)


def main() -> None:
    """Serve on the port `argv[1]` until standard input closes or a signal comes."""
    configure("warning", as_json=True)
    node, live = _Node(), LiveCalls()
    app = FastAPI(lifespan=node.open)
    app.include_router(pvp_router(node, _Tokens(), live, Clock()))
    app.include_router(twilio_router(node, live, Clock()))
    config = config_of(app)
    config.port = int(sys.argv[1])
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
