"""Whole calls over simulated carriers on the virtual clock: what the phone plays, and what the call believes of it."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from flows.load import load
from kit.clock import Clock
from kit.phone_calls import AnsweredBy, Answering
from pipeline.manner import PLAIN, Manner
from pipeline.ports import Leg, Providers, SttResult
from pipeline.report import CallReport
from pipeline.session import CallContext, CallHost, CallSession
from pipeline.vad import VadScheduler
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts, buzz
from providers.fake.vad import FakeEndOfTurn, FakeVad
from telephony.answering import WatchedCall
from telephony.connection import Exchange, MediaConnection
from telephony.wire import Carrier
from tests.support.carriers.admission import lead_to
from tests.support.carriers.phone import FRAME_S, Phone
from tests.support.virtual_time import VirtualLoop, run
from transports.live import LiveCalls
from transports.ports import Call, CallRequest

GREETING = "One two three four five six seven eight nine ten."
BYE = "Thank you and good bye."
S_PER_CHAR = 0.06
NOBODY = Answering()
_FLOW = f"""
id: phone
version: "1.0.0"
initial_state: hello
states:
  hello:
    say: {GREETING}
    transitions:
      on_utterance: [{{pattern: "bye", target: end}}]
      on_dtmf: {{"1": end}}
  end:
    say: {BYE}
    type: final
"""
Scenario = Callable[[Phone], Awaitable[None]]


@dataclass
class Outcome:
    """A call that is over.

    Attributes:
        answered_by: What was found of who took it, one after the other.
    """

    phone: Phone
    report: CallReport
    answered_by: Sequence[AnsweredBy] = ()

    def line(self, text: str) -> bytes:
        """Return what a sentence is on the wire, the last 20 ms filled up, as playout does."""
        sound = self.phone.wire.sound
        samples = np.frombuffer(buzz(round(len(text) * S_PER_CHAR * sound.rate_hz), sound.rate_hz), np.int16)
        frame = round(FRAME_S * sound.rate_hz)
        return sound.write(np.concatenate((samples, np.zeros(-len(samples) % frame, np.int16))))

    def gaps(self) -> list[float]:
        """Return when the phone had nothing, or not enough, to play although more was to come."""
        return [
            at_s
            for (at_s, sound), (next_s, _) in itertools.pairwise(self.phone.heard)
            if next_s - at_s > FRAME_S * 1.5 or len(sound) < self.phone.frame_bytes
        ]

    def silent_s(self, since_s: float) -> float:
        """Return when the phone fell silent after `since_s`."""
        after = [at_s for at_s, _ in self.phone.heard if at_s >= since_s]
        pauses = (at_s for at_s, next_s in itertools.pairwise([*after, np.inf]) if next_s - at_s > 2 * FRAME_S)
        return next(pauses) + FRAME_S

    def played_s(self, until_s: float) -> float:
        """Return how much the phone had played by then."""
        return sum(len(sound) for at_s, sound in self.phone.heard if at_s < until_s) / self.phone.wire.sound.bytes_per_s


class _Calls:
    """Places one call and keeps its report."""

    def __init__(
        self, heard: Sequence[str | SttResult], vad: VadScheduler, flow: str, rate_hz: int, manner: Manner
    ) -> None:
        self._flow, self._manner = load(flow), manner
        self.report: CallReport | None = None
        voice = FakeTts(rate_hz=rate_hz, s_per_char=S_PER_CHAR)
        self._providers = Providers(FakeStt(heard), voice, FakeEndOfTurn())
        self._vad = vad

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        context = CallContext(request.call_id, self._flow, manner=self._manner)
        session = CallSession(context, self._providers, leg, CallHost(self._vad, Clock()), watch=request.watch)
        self._run = session.run
        session.run = self._kept  # type: ignore[method-assign]  # the report passes through here
        return session

    async def _kept(self) -> CallReport:
        self.report = await self._run()
        return self.report


@dataclass
class _Watching:
    """Makes calls that are watched for who takes them."""

    calls: _Calls
    answering: Answering
    judged: list[AnsweredBy] = field(default_factory=list)

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        watched = WatchedCall(self.answering, leg.capabilities.rate_in_hz, Clock(), self._keep)
        return await watched.place(self.calls, request, leg)

    async def _keep(self, by: AnsweredBy) -> None:
        self.judged.append(by)


def call(
    phone: Phone,
    carrier: Carrier,
    scenario: Scenario,
    heard: Sequence[str] = (),
    *,
    greeting: str = GREETING,
    flow: str = _FLOW,
    answering: Answering = NOBODY,
    manner: Manner = PLAIN,
) -> Outcome:
    """Hold a call until it ends by itself; with `answering` it is one of ours, taken by who knows whom."""

    async def inline(work: Callable[..., object], *args: object) -> object:
        return work(*args)

    async def whole() -> Outcome:
        vad = VadScheduler(FakeVad(), inline)
        calls = _Calls(heard, vad, flow.replace(GREETING, greeting), phone.wire.sound.rate_hz, manner)
        phone.begins()
        watching = _Watching(calls, answering)
        factory = calls if answering is NOBODY else watching
        connection = MediaConnection(phone.socket, carrier, Exchange(factory, LiveCalls(), Clock()))
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(vad.run()), group.create_task(phone.line())]
            serving = group.create_task(connection.serve(lead_to("phone")))
            helpers.append(group.create_task(_play(scenario, phone)))
            await serving
            for helper in helpers:
                helper.cancel()
        assert calls.report is not None
        return Outcome(phone, calls.report, watching.judged)

    return run(whole())


async def _play(scenario: Scenario, phone: Phone) -> None:
    await scenario(phone)


async def until_quiet(phone: Phone) -> None:
    """Wait until the phone has been silent for a second after some sound."""
    loop = asyncio.get_running_loop()
    left_s = 1.0
    while left_s > 0:
        await asyncio.sleep(left_s)
        left_s = 1.0 if not phone.heard else phone.heard[-1][0] + 1.0 - loop.time()


async def hang_up(phone: Phone) -> None:
    """Listen to the end, then hang up."""
    await until_quiet(phone)
    phone.hangs_up()


async def press(phone: Phone) -> None:
    """Listen to the end, then press a key, which ends the flow."""
    await until_quiet(phone)
    phone.says(phone.wire.dtmf("1"))


def talk_over(after_s: float, for_s: float = 1.2) -> Scenario:
    """Cut in after so long."""

    async def scenario(phone: Phone) -> None:
        await asyncio.sleep(after_s)
        phone.speech = True
        await asyncio.sleep(for_s)
        phone.speech = False
        await hang_up(phone)

    return scenario


def stalling(seconds: float) -> Scenario:
    """Let the server's loop stand still for 50 ms about once a second, for so long; then listen to the end."""

    async def scenario(phone: Phone) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        for _ in range(round(seconds)):
            await asyncio.sleep(0.977)
            loop.stall(0.05)
        await hang_up(phone)

    return scenario
