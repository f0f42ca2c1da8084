"""What one carrier does and others do not, at the border to its simulator."""

import asyncio

import pytest

from kit.clock import Clock
from kit.errors import ProtocolError
from pipeline.frames.audio import AudioOut
from pipeline.frames.control import Interrupted, UiAction
from server.caller.exotel_wire import ExotelWire, exotel_sound
from telephony.asterisk.codec import AsteriskCodec
from telephony.asterisk.stream import ASTERISK
from telephony.connection import Exchange, MediaConnection
from telephony.leg import CarrierLeg
from telephony.messages import SoundFormat
from tests.support.carriers.admission import lead_to
from tests.support.carriers.kinds import KINDS
from tests.support.carriers.phone import Phone
from tests.support.carriers.phone_lab import BYE, call, hang_up, press, talk_over, until_quiet
from tests.support.fake_call import EchoCall, EchoCalls
from tests.support.virtual_time import run
from transports.live import LiveCalls

_SILENCE_FLOW = """
id: phone
version: "1.0.0"
initial_state: hello
states:
  hello:
    say: Are you there?
    transitions:
      on_timeout: {seconds: 3, max_retries: 0, target: end}
  end:
    say: Thank you and good bye.
    type: final
"""


@pytest.mark.parametrize(("rate_hz", "size"), [(8000, 3200), (16_000, 3200), (24_000, 3840)])
def test_exotel_chunk_rules_each_rate(rate_hz: int, size: int) -> None:
    """Every piece is a multiple of 320 bytes, of 3,200 at least and 100 kB at most; the wire refuses all others."""
    pieces: list[int] = []

    class Counting(ExotelWire):
        def _check_piece(self, size: int) -> None:
            super()._check_piece(size)
            pieces.append(size)

    phone = Phone(Counting("s", "c", "a", sound=exotel_sound(rate_hz)))
    call(phone, KINDS["exotel, 8 kHz"].carrier, hang_up)
    assert set(pieces) == {size}


@pytest.mark.parametrize("size", [320, 2880, 3210, 100_160])
def test_exotel_refuses_other_pieces(size: int) -> None:
    with pytest.raises(ProtocolError):
        ExotelWire("s", "c", "a")._check_piece(size)


def test_exotel_close_is_hangup() -> None:
    """Nothing is sent to end a call but the close, and that comes when the good-bye has been heard."""
    outcome = call(KINDS["exotel, 8 kHz"].phone(), KINDS["exotel, 8 kHz"].carrier, press)
    assert outcome.report.completed
    assert outcome.line(BYE) in outcome.phone.heard_bytes()
    assert outcome.phone.closed is not None
    assert outcome.phone.closed[1] == 1000
    assert outcome.phone.hung_up_s is None


def test_asterisk_is_told_to_hang_up() -> None:
    outcome = call(KINDS["asterisk, µ-law"].phone(), KINDS["asterisk, µ-law"].carrier, press)
    assert outcome.phone.hung_up_s is not None
    assert outcome.phone.closed == (outcome.phone.hung_up_s, 1000)


def test_asterisk_mark_lost_on_flush() -> None:
    """Marks that a flush forgets are missed by nobody: the next answer's marks tell its place, and the end comes."""
    outcome = call(KINDS["asterisk, µ-law"].phone(0.05), KINDS["asterisk, µ-law"].carrier, talk_over(1.0), ["bye"])
    assert outcome.phone.cleared_s
    assert outcome.report.completed
    assert outcome.line(BYE) in outcome.phone.heard_bytes()


def _frames(leg: CarrierLeg, generation: int, count: int) -> None:
    for number in range(count):
        leg.send(AudioOut(bytes(320), 160 * number, generation))


def test_asterisk_65500_split() -> None:
    """However much sound comes at once, no message comes near the size at which Asterisk hangs up."""

    async def scenario() -> list[int]:
        leg = CarrierLeg(AsteriskCodec(), ASTERISK.traits, SoundFormat(), Clock(), lambda: None)
        leg.send(AudioOut(bytes(2 * 160_000), 0, 1))
        sizes = []
        while len(leg.outbox):
            item = await leg.outbox.first()
            leg.outbox.sent(item)
            sizes += [len(item.wire)] if isinstance(item.wire, bytes) else []
        return sizes

    sizes = run(scenario())
    assert sum(sizes) == 160_000
    assert max(sizes) <= 32_768


def _held(act: str) -> tuple[list[int], Phone]:
    """Let Asterisk's queue be full from 1 s to 3 s, and a call speak meanwhile; return what waited at the carrier."""

    async def scenario() -> tuple[list[int], Phone]:
        phone, calls = KINDS["asterisk, µ-law"].phone(), EchoCalls()
        connection = MediaConnection(phone.socket, ASTERISK, Exchange(calls, LiveCalls(), Clock()))
        waited = []
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(connection.serve(lead_to("greet")))
            phone.begins()
            await asyncio.sleep(1)
            (leg,) = [each.leg for each in calls.placed]
            assert isinstance(leg, CarrierLeg)
            phone.says('{"event":"MEDIA_XOFF","channel_id":"1763.5"}')
            await asyncio.sleep(0.1)
            _frames(leg, 1, 20)
            await asyncio.sleep(0.1)
            waited.append(round(phone.buffered_s * 50))
            if act == "interrupt":
                leg.send(Interrupted(1))
                _frames(leg, 2, 5)
            else:
                phone.says('{"event":"MEDIA_XON","channel_id":"1763.5"}')
            await asyncio.sleep(0.1)
            waited.append(round(phone.buffered_s * 50))
            _first(calls).receive(UiAction("finish"))
            await serving
        return waited, phone

    return run(scenario())


def _first(calls: EchoCalls) -> EchoCall:
    return calls.placed[0]


def test_asterisk_xoff_backpressure() -> None:
    """Between XOFF and XON no sound is sent, and none is lost."""
    assert _held("wait")[0] == [0, 20]


def test_an_interruption_passes_a_full_queue() -> None:
    waited, phone = _held("interrupt")
    assert waited == [0, 5]
    assert len(phone.cleared_s) == 1


def test_asterisk_says_that_it_is_full_before_it_drops() -> None:
    phone = KINDS["asterisk, µ-law"].phone()
    told = [phone.wire.queued(seconds) for seconds in (17.0, 18.0, 19.0, 16.5, 15.9, 17.0)]
    assert [len(each) for each in told] == [0, 1, 0, 0, 1, 0]


def test_audiosocket_silence_timer_without_frames() -> None:
    """While no RTP comes Asterisk sends nothing at all; the flow's silence timer goes by the clock."""

    async def keep_quiet(phone: Phone) -> None:
        phone.sends = False
        await until_quiet(phone)

    kind = KINDS["audiosocket"]
    outcome = call(kind.phone(), kind.carrier, keep_quiet, flow=_SILENCE_FLOW)
    assert outcome.report.end_reason == "timeout"
    assert outcome.line(BYE) in outcome.phone.heard_bytes()
    question_s = len(outcome.line("Are you there?")) / outcome.phone.wire.sound.bytes_per_s
    begins_s = next(at for at, sound in outcome.phone.heard if at > question_s + 0.5)
    assert begins_s == pytest.approx(question_s + 3.0, abs=0.1)


def test_a_silent_audiosocket_is_not_taken_for_dead() -> None:
    async def long_silence(phone: Phone) -> None:
        phone.sends = False
        await asyncio.sleep(60)
        phone.hangs_up()

    kind = KINDS["audiosocket"]
    outcome = call(kind.phone(), kind.carrier, long_silence)
    assert outcome.report.end_reason == "peer_gone"
    assert outcome.report.duration_s == pytest.approx(60, abs=0.1)
