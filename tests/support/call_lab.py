"""A whole call on the virtual clock, with fakes for models and caller: what happens, and exactly when."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flows.load import load
from flows.model import Flow
from kit.clock import Clock
from pipeline.call_control import CallControl
from pipeline.frames.audio import AudioIn, AudioOut
from pipeline.frames.control import StatusChanged
from pipeline.frames.text import Caption
from pipeline.manner import PLAIN, Manner
from pipeline.ports import CallObserver, EndOfTurnModel, Frame, LanguageModel, LegCapabilities, Providers, SttResult
from pipeline.report import CallReport
from pipeline.session import CallContext, CallHost, CallSession, CallSettings
from pipeline.vad import VadScheduler
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts, buzz
from providers.fake.vad import FakeEndOfTurn, FakeGate, FakeVad
from tests.support import virtual_time

_Frame = TypeVar("_Frame", bound=Frame)


class TapeLeg:
    """Keeps every frame with the time it was sent."""

    def __init__(self, capabilities: LegCapabilities | None = None, control: CallControl | None = None) -> None:
        self.control = control
        self.capabilities = capabilities or LegCapabilities()
        self.sent: list[tuple[float, Frame]] = []

    def send(self, frame: Frame) -> None:
        self.sent.append((asyncio.get_running_loop().time(), frame))

    def of(self, kind: type[_Frame]) -> list[tuple[float, _Frame]]:
        return [(at_s, frame) for at_s, frame in self.sent if isinstance(frame, kind)]

    def statuses(self) -> list[tuple[float, str]]:
        return [(round(at_s, 2), frame.status) for at_s, frame in self.of(StatusChanged)]

    def captions(self, role: str) -> list[str]:
        return [frame.text for _, frame in self.of(Caption) if frame.role == role and frame.is_final]

    def last_audio_s(self) -> float:
        return self.of(AudioOut)[-1][0]


@dataclass
class Lab:
    """One call under way."""

    call: CallSession
    leg: TapeLeg
    tts: FakeTts
    stt: FakeStt

    async def speak(self, seconds: float) -> None:
        """Make sound that the detector takes for speech, in real time."""
        await self._feed(buzz(320, 16_000), seconds)

    async def quiet(self, seconds: float) -> None:
        await self._feed(bytes(640), seconds)

    async def until_listening(self, limit_s: float = 30.0) -> None:
        """Stay quiet until the bot has finished speaking."""
        before = len(self.leg.sent)
        end_s = asyncio.get_running_loop().time() + limit_s
        while asyncio.get_running_loop().time() < end_s:
            await self.quiet(0.02)
            if any(
                isinstance(frame, StatusChanged) and frame.status == "listening" for _, frame in self.leg.sent[before:]
            ):
                return
        raise AssertionError("the bot did not finish")

    async def _feed(self, frame: bytes, seconds: float) -> None:
        for _ in range(round(seconds / 0.02)):
            self.call.receive(AudioIn(frame))
            await asyncio.sleep(0.02)


@dataclass
class Setup:
    """What to build a call from; every part can be replaced."""

    flow: str | Flow
    heard: Sequence[str | SttResult] = ()
    tts: FakeTts = field(default_factory=FakeTts)
    stt: FakeStt | None = None
    llm: LanguageModel | None = None
    end_of_turn: EndOfTurnModel | None = field(default_factory=FakeEndOfTurn)
    settings: CallSettings = field(default_factory=CallSettings)
    context: dict[str, Any] = field(default_factory=dict)
    vad: FakeVad = field(default_factory=FakeVad)
    observer: CallObserver | None = None
    providers: Providers | None = None  # instead of those above
    control: CallControl | None = None
    capabilities: LegCapabilities = field(default_factory=LegCapabilities)
    manner: Manner = PLAIN
    beforehand: Callable[[CallSession], None] = lambda _session: None  # what happens before the call runs


async def _inline(work: Callable[..., Any], *args: Any) -> Any:
    return work(*args)


def call(
    setup: Setup, scenario: Callable[[Lab], Awaitable[None]], *, leaves_tasks: bool = False
) -> tuple[CallReport, TapeLeg]:
    """Run a call until it ends by itself or the scenario is over; nothing of it may be left behind, else it is said."""

    async def run() -> tuple[CallReport, TapeLeg]:
        stt = setup.stt or FakeStt(setup.heard)
        vad = VadScheduler(setup.vad, _inline)
        leg = TapeLeg(setup.capabilities, setup.control)
        about = CallContext(
            "call-1",
            setup.flow if isinstance(setup.flow, Flow) else load(setup.flow),
            setup.context,
            "2026-11-22",
            manner=setup.manner,
        )
        providers = setup.providers or Providers(stt, setup.tts, setup.end_of_turn, setup.llm)
        host = CallHost(vad, Clock(), FakeGate, setup.settings)
        session = CallSession(about, providers, leg, host, setup.observer)
        setup.beforehand(session)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(vad.run())
            talking = tasks.create_task(_talk(scenario, Lab(session, leg, setup.tts, stt), session))
            report = await session.run()
            talking.cancel()
            listening.cancel()
        assert stt.live == 0, "every recogniser is closed"
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert bool(left) == leaves_tasks, "no task outlives its call"
        await asyncio.gather(*left, return_exceptions=True)
        return report, leg

    return virtual_time.run(run())


async def _talk(scenario: Callable[[Lab], Awaitable[None]], lab: Lab, session: CallSession) -> None:
    await asyncio.sleep(0)
    await scenario(lab)
    session.end("scenario_over")
