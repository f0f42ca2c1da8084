"""The shell on virtual time with calls that echo; `test_phone_calls.py` puts whole calls behind it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from kit.clock import Clock
from kit.errors import AntiphonError, CapacityError, NotFoundError
from pipeline.frames.audio import AudioIn
from pipeline.frames.control import DtmfPressed, UiAction
from pipeline.ports import Frame
from telephony.connection import START_WITHIN_S, Exchange, MediaConnection
from telephony.twilio.stream import TWILIO
from tests.support.carriers.admission import lead_to
from tests.support.carriers.phone import Phone, twilio_wire
from tests.support.fake_call import EchoCall, EchoCalls
from tests.support.virtual_time import run
from transports.live import LiveCalls


@dataclass
class Outcome:
    """What is left when the connection is over."""

    phone: Phone
    calls: EchoCalls
    live: LiveCalls
    took_s: float

    @property
    def received(self) -> list[Frame]:
        (call,) = self.calls.placed
        return call.received


def _serve(
    act: Callable[[Phone, EchoCalls, LiveCalls], None],
    refuse: AntiphonError | None = None,
    parameters: dict[str, str] | None = None,
) -> Outcome:
    """Run one connection; `act` is what happens from 1 s on."""

    async def scenario() -> Outcome:
        phone, calls, live = Phone(twilio_wire(parameters)), EchoCalls(), LiveCalls()
        calls.refuse = refuse
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(
                MediaConnection(phone.socket, TWILIO, Exchange(calls, live, Clock())).serve(lead_to("greet"))
            )
            await asyncio.sleep(1)
            act(phone, calls, live)
            await serving
        return Outcome(phone, calls, live, asyncio.get_running_loop().time())

    return run(scenario())


def _begun(*acts: Callable[[Phone], None]) -> Outcome:
    def act(phone: Phone, _: EchoCalls, __: LiveCalls) -> None:
        phone.begins()
        for each in acts:
            each(phone)
        phone.says(*phone.wire.stop())

    return _serve(act, parameters={"campaign": "7"})


def _closed(outcome: Outcome) -> tuple[float, int]:
    assert outcome.phone.closed is not None
    return outcome.phone.closed


def test_a_stopped_stream_ends_its_call_and_is_closed() -> None:
    outcome = _begun()
    (call,) = outcome.calls.placed
    assert call.request.flow == "greet"
    assert call.request.metadata == {"campaign": "7", "carrier": "twilio", "carrier_call": "CA1"}
    assert _closed(outcome) == (1.0, 1000)
    assert len(outcome.live) == 0


def test_the_carrier_cannot_be_told_otherwise_by_a_parameter() -> None:
    def lie(phone: Phone, _: EchoCalls, __: LiveCalls) -> None:
        phone.begins()
        phone.goes()

    outcome = _serve(lie, parameters={"carrier": "x"})
    (call,) = outcome.calls.placed
    assert call.request.metadata["carrier"] == "twilio"


def test_sound_and_keys_reach_the_call() -> None:
    outcome = _begun(
        lambda phone: phone.says(phone.wire.media(phone.talk)),
        lambda phone: phone.says(phone.wire.dtmf("#")),
        lambda phone: phone.says(phone.wire.dtmf("A")),  # no flow knows it
    )
    sound, key = outcome.received[:2]
    assert isinstance(sound, AudioIn)
    assert len(sound.pcm) == 320
    assert key == DtmfPressed("#")
    assert len(outcome.received) == 3  # and the end


def test_a_lost_piece_is_silence_and_a_late_one_is_dropped() -> None:
    def lose_one(phone: Phone) -> None:
        first, second, third = (phone.wire.media(phone.talk) for _ in range(3))
        for text in (first, third, second):
            phone.says(text)

    sounds = [frame for frame in _begun(lose_one).received if isinstance(frame, AudioIn)]
    assert [len(sound.pcm) for sound in sounds] == [320, 640]
    assert sounds[1].pcm[:320] == bytes(320)


def test_bad_frames_are_dropped_and_the_call_goes_on() -> None:
    def garbage(phone: Phone) -> None:
        for text in ("", "{}", "[" * 5000, str(phone.wire.media(phone.quiet)).replace("MZ1", "MZ2")):
            phone.says(text)
        phone.says(bytes(320))
        phone.says(phone.wire.media(phone.talk))

    sounds = [frame for frame in _begun(garbage).received if isinstance(frame, AudioIn)]
    assert sounds[-1].pcm[:320] != bytes(320)


def test_a_vanished_carrier_ends_the_call() -> None:
    def vanish(phone: Phone, _: EchoCalls, __: LiveCalls) -> None:
        phone.begins()
        phone.goes()

    outcome = _serve(vanish)
    assert outcome.took_s == 1.0
    assert len(outcome.live) == 0


def test_a_stream_that_never_starts_is_closed() -> None:
    outcome = _serve(lambda phone, _, __: phone.says(phone.wire.begin()[0]))
    assert _closed(outcome) == (START_WITHIN_S, 1008)
    assert outcome.calls.placed == []


def test_a_line_without_any_sound_is_dead() -> None:
    outcome = _serve(lambda phone, _, __: phone.begins())
    assert _closed(outcome) == (1 + (TWILIO.traits.silent_line_s or 0), 1000)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFoundError("no such flow", code="flow.not_found"), 1008),
        (CapacityError("full"), 1013),
        (AntiphonError("odd"), 1011),
    ],
)
def test_a_call_that_cannot_be_is_closed_with_its_reason(error: AntiphonError, code: int) -> None:
    assert _closed(_serve(lambda phone, _, __: phone.begins(), error)) == (1.0, code)


def _order(action: str) -> Callable[[Phone, EchoCalls, LiveCalls], None]:
    """Begin a call and let it do `action` half a second later."""

    def act(phone: Phone, calls: EchoCalls, _: LiveCalls) -> None:
        phone.begins()
        asyncio.get_running_loop().call_later(0.5, lambda: _first(calls).receive(UiAction(action)))

    return act


def _first(calls: EchoCalls) -> EchoCall:
    return calls.placed[0]


@pytest.mark.parametrize(("action", "code"), [("finish", 1000), ("crash", 1011), ("flood", 1008)])
def test_the_end_of_a_call_closes_the_stream(action: str, code: int) -> None:
    assert _closed(_serve(_order(action))) == (1.5, code)


def test_a_stopping_server_ends_the_stream() -> None:
    def stop(phone: Phone, _: EchoCalls, live: LiveCalls) -> None:
        phone.begins()
        asyncio.get_running_loop().call_later(0.5, lambda: live.end_all("server_stopping"))

    assert _closed(_serve(stop)) == (1.5, 1012)
