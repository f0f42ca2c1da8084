"""A whole call in real time, over whatever providers it is given; detection and caller are fakes."""

import asyncio
from collections.abc import Awaitable, Callable

from flows.load import load
from kit.clock import Clock
from pipeline.frames.audio import AudioIn, AudioOut
from pipeline.ports import LegCapabilities, Providers
from pipeline.report import CallReport
from pipeline.session import CallContext, CallHost, CallSession
from pipeline.vad import VadScheduler
from providers.fake.tts import buzz
from providers.fake.vad import FakeVad
from tests.support.call_lab import TapeLeg

RATE_HZ = 16_000


class LiveCall:
    """One call under way.

    Attributes:
        quiet_s: When the caller last fell silent.
    """

    def __init__(self, session: CallSession, leg: TapeLeg) -> None:
        self.session, self.leg = session, leg
        self.quiet_s = 0.0

    async def speak(self, seconds: float) -> None:
        await self._feed(buzz(320, RATE_HZ), seconds)
        self.quiet_s = asyncio.get_running_loop().time()

    async def listen(self, seconds: float) -> None:
        await self._feed(bytes(640), seconds)

    async def until_listening(self, limit_s: float = 8.0) -> None:
        """Stay quiet until the bot has spoken."""
        known = len(self.leg.statuses())
        for _ in range(round(limit_s / 0.02)):
            await self.listen(0.02)
            if any(status == "listening" for _, status in self.leg.statuses()[known:]):
                return
        raise AssertionError("the bot did not finish")

    def answered_after_s(self) -> float:
        """Return how long the caller waited for the first sound after their last."""
        return min(at_s for at_s, _ in self.leg.of(AudioOut) if at_s > self.quiet_s) - self.quiet_s

    async def _feed(self, frame: bytes, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        for _ in range(round(seconds / 0.02)):
            self.session.receive(AudioIn(frame))
            due_s += 0.02
            await asyncio.sleep(max(0.0, due_s - loop.time()))


async def _inline(work: Callable[..., object], *args: object) -> object:
    return work(*args)


async def live_call(
    flow: str, providers: Providers, scenario: Callable[[LiveCall], Awaitable[None]]
) -> tuple[CallReport, TapeLeg]:
    """Run a call until it ends by itself or the scenario is over."""
    vad = VadScheduler(FakeVad(), _inline)
    leg = TapeLeg()
    leg.capabilities = LegCapabilities(RATE_HZ, RATE_HZ)
    session = CallSession(CallContext("call-1", load(flow)), providers, leg, CallHost(vad, Clock()))
    call = LiveCall(session, leg)

    async def talk() -> None:
        await asyncio.sleep(0)
        await scenario(call)
        session.end("scenario_over")

    async with asyncio.TaskGroup() as tasks:
        listening, talking = tasks.create_task(vad.run()), tasks.create_task(talk())
        report = await session.run()
        talking.cancel()
        listening.cancel()
    return report, leg
