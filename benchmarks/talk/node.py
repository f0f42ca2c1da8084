"""The server that is measured: real transport, core, voice detection and end-of-turn model; paced models for the rest.

Started by `server.py` as `python -m benchmarks.talk.node SPEC`, a JSON object of `NodeSpec`. Answers each line on
standard input with its figures since the last one.
"""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from benchmarks.talk.overhead import TurnMoments
from benchmarks.talk.paced import PacedLlm, PacedStt, PacedTts, WatchedEndOfTurn, Work
from benchmarks.talk.spec import NodeSpec
from benchmarks.talk.tape import TapeReader, read_tape
from flows.load import load
from kit.clock import Clock
from kit.threads import step_back
from pipeline.frames.audio import AudioIn, AudioOut
from pipeline.frames.control import Waterfall
from pipeline.ports import Frame, Leg, Providers
from pipeline.report import CallReport
from pipeline.session import CallContext, CallHost, CallSession
from pipeline.turns import endpointing
from pipeline.vad import VadScheduler
from providers.embedded.gate import WebRtcGate
from providers.embedded.inference import InferencePool
from providers.embedded.silero import SileroVad
from providers.embedded.smart_turn import SmartTurn
from server.drain import config_of
from server.logging import configure
from transports.companions import Companions
from transports.live import LiveCalls
from transports.ports import Call, CallRequest
from transports.pvp_routes import pvp_router, sessions_of

_WINDOW_SAMPLES = 512  # of the detector
_ROUNDED_S = 0.001  # what a waterfall is off at most
_FLOW = """
id: {asks}
version: "1.0.0"
initial_state: talk
states:
  talk:
    endpointing: {asks}
    prompt: Answer in one sentence.
    transitions: {{on_ui_event: {{again: talk}}}}
"""


class _Tokens:
    """No session was ever made here."""

    async def redeem(self, token: str) -> CallRequest:
        raise KeyError(token)

    async def release(self, token: str) -> None:
        raise KeyError(token)


class _Door:
    """Lets everybody in."""

    async def account_of(self, connection: HTTPConnection) -> str:
        return "benchmark"


@dataclass(slots=True)
class _Watch:
    """Notes the moments of a call's turns."""

    clock: Clock
    work: Work
    turns: list[TurnMoments] = field(default_factory=list)
    out_s: float = 0.0
    generation: int | None = None
    windows_s: list[float] = field(default_factory=list)
    samples: int = 0

    def heard(self, samples: int) -> None:
        """Frames came in; note when a detector's window was complete."""
        before, self.samples = self.samples // _WINDOW_SAMPLES, self.samples + samples
        if self.samples // _WINDOW_SAMPLES > before:
            self.windows_s = [*self.windows_s[-255:], self.clock.now_s()]

    def sent(self, generation: int) -> None:
        """A frame of an answer goes out; note when its first did."""
        if generation != self.generation:
            self.generation, self.out_s = generation, self.clock.now_s()

    def told(self, waterfall: Waterfall) -> None:
        """The server says where the time of this answer went; of that, when the turn was over is taken from it."""
        ends_ms = {span.name: span.end_ms for span in waterfall.spans}
        over_ms, decided_ms = ends_ms.get("end_of_turn"), ends_ms.get("endpoint")
        if waterfall.gap_ms is None or over_ms is None or decided_ms is None:
            return  # an answer to nothing
        asked_s = self.work.asked_s
        committed_s = self.out_s - (waterfall.gap_ms - over_ms) / 1000
        decided_s = max(self.out_s - (waterfall.gap_ms - decided_ms) / 1000, asked_s)
        silent_s = max((at_s for at_s in self.windows_s if at_s <= asked_s), default=None)
        if committed_s >= asked_s - _ROUNDED_S:
            spans = tuple(self.work.spans)
            committed_s = max(committed_s, asked_s)
            moments = TurnMoments(silent_s, asked_s, min(decided_s, committed_s), committed_s, self.out_s, spans)
            self.turns.append(moments)
        self.work.spans.clear()


class _WatchedLeg:
    """The way out, watched."""

    def __init__(self, leg: Leg, watch: _Watch) -> None:
        self._leg, self._watch = leg, watch
        self.capabilities, self.control = leg.capabilities, leg.control

    def send(self, frame: Frame) -> None:
        match frame:
            case AudioOut(generation=generation):
                self._watch.sent(generation)
            case Waterfall():
                self._watch.told(frame)
        self._leg.send(frame)


class _WatchedCall:
    """The way in, watched."""

    def __init__(self, call: CallSession, watch: _Watch) -> None:
        self._call, self._watch = call, watch

    async def run(self) -> CallReport:
        return await self._call.run()

    def receive(self, frame: Frame) -> None:
        if isinstance(frame, AudioIn):
            self._watch.heard(len(frame.pcm) // 2)
        self._call.receive(frame)

    def end(self, reason: str) -> None:
        self._call.end(reason)


class _Node:
    """Makes calls."""

    def __init__(self, spec: NodeSpec) -> None:
        self._spec = spec
        self._clock = Clock()
        self._reader = TapeReader(read_tape(Path(spec.tape)))
        self._pool = InferencePool(2)
        self._end_of_turn = SmartTurn(self._pool)
        self._host: CallHost | None = None
        self._watches: list[_Watch] = []
        scale_waits(spec.wait_factor)

    @asynccontextmanager
    async def open(self, app: FastAPI) -> AsyncIterator[None]:
        """Be ready for calls."""
        loop = asyncio.get_running_loop()
        await self._end_of_turn.probability(bytes(2))
        with ThreadPoolExecutor(1, "vad", step_back) as detector:
            vad = VadScheduler(SileroVad(), lambda work, *args: loop.run_in_executor(detector, work, *args))
            self._host = CallHost(vad, self._clock, WebRtcGate)
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(vad.run()), tasks.create_task(self._report())]
                yield
                for task in running:
                    task.cancel()
        self._pool.close()

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        """Prepare a call."""
        assert self._host is not None
        work = Work(self._clock)
        watch = _Watch(self._clock, work)
        self._watches.append(watch)
        spec = self._spec
        providers = Providers(
            PacedStt(self._reader, work),
            PacedTts(spec.sentence_s, spec.sentence, work),
            WatchedEndOfTurn(self._end_of_turn, work),
            PacedLlm(spec.sentence, work),
        )
        about = CallContext(request.call_id, load(_FLOW.format(asks=request.flow)))
        return _WatchedCall(CallSession(about, providers, _WatchedLeg(leg, watch), self._host), watch)

    async def _report(self) -> None:
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while await reader.readline():
            watches, self._watches = self._watches, []
            turns = [asdict(turn) for watch in watches for turn in watch.turns]
            print(json.dumps({"llm_calls": sum(w.work.llm_calls for w in watches), "turns": turns}), flush=True)
        signal.raise_signal(signal.SIGTERM)  # whoever measures us is gone


def scale_waits(factor: float) -> None:
    """Set this process's waits for the end of a turn: for the curve, all that the profiles say in seconds is scaled."""
    for name, profile in endpointing.PROFILES.items():
        waits = {
            each.name: factor * value
            for each in fields(profile)
            if each.name.endswith("_s") and (value := getattr(profile, each.name)) is not None
        }
        endpointing.PROFILES[name] = replace(profile, **waits)


def main() -> None:
    """Serve until standard input closes or a signal comes."""
    spec = NodeSpec(**json.loads(sys.argv[1]))
    configure("warning", as_json=True)  # to standard error: standard output is read by whoever measures
    node = _Node(spec)
    app = FastAPI(lifespan=node.open)
    live = LiveCalls()
    sessions = sessions_of(node, _Tokens(), live, Clock())
    app.include_router(pvp_router(sessions, _Door(), live, Companions(Clock(), 0)))
    server = uvicorn.Server(config_of(app))
    server.config.port = spec.port
    server.run()


if __name__ == "__main__":
    main()
