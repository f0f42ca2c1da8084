"""The way out, for carriers that differ: pieces, marks, clears, full queues."""

import asyncio

import pytest

from kit.clock import Clock
from pipeline.frames.audio import AudioOut
from pipeline.frames.control import Interrupted, StatusChanged
from telephony.leg import CarrierLeg, capabilities_of, piece_samples
from telephony.messages import Encoding, Received, SoundFormat
from telephony.wire import Traits, Wire
from tests.support.virtual_time import run

_PIECES = Traits("pieces", piece_samples=1600)
_BARE = Traits("bare", marks=False, clears=False)


class _Codec:
    """Writes what it is told so that a test can read it."""

    def receive(self, data: Wire) -> list[Received]:
        raise NotImplementedError

    def send_media(self, payload: bytes) -> Wire:
        return payload

    def send_mark(self, name: str) -> Wire:
        return f"mark {name}"

    def send_clear(self) -> Wire:
        return "clear"

    def hang_up(self) -> Wire | None:
        return None


def _leg(traits: Traits, rate_hz: int = 8000) -> CarrierLeg:
    return CarrierLeg(_Codec(), traits, SoundFormat(Encoding.PCM16, rate_hz), Clock(), _overflowed)


def _overflowed() -> None:
    raise AssertionError("nobody sends so much here")


async def _sent(leg: CarrierLeg) -> list[Wire]:
    sent: list[Wire] = []
    while len(leg.outbox):
        item = await leg.outbox.first()
        leg.outbox.sent(item)
        sent.append(item.wire)
    return sent


@pytest.mark.parametrize(("rate_hz", "samples"), [(8000, 1600), (16_000, 1600), (24_000, 1920)])
def test_a_piece_is_whole_frames_and_whole_slices(rate_hz: int, samples: int) -> None:
    assert piece_samples(_PIECES, rate_hz) == samples
    assert samples % (rate_hz // 50) == samples % 160 == 0


def test_the_lead_grows_with_the_piece_and_is_short_where_nothing_can_be_taken_back() -> None:
    assert capabilities_of(_PIECES, 8000).lead_ms == 200 + 40 + 80
    assert capabilities_of(_BARE, 8000).lead_ms == 60
    assert not capabilities_of(_BARE, 8000).marks


def test_pieces_leave_whole_and_the_tail_filled_while_it_is_still_early_enough() -> None:
    async def scenario() -> tuple[list[Wire], float]:
        leg, loop = _leg(_PIECES), asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            tails = group.create_task(leg.send_tails())
            for number in range(12):
                leg.send(AudioOut(b"\1\2" * 160, 160 * number, 1))
                await asyncio.sleep(0.02)
            before = await _sent(leg)
            item = await leg.outbox.first()
            sent_s = loop.time()
            before.append(item.wire)
            tails.cancel()
        return before, sent_s

    sent, at_s = run(scenario())
    assert sent == [b"\1\2" * 1600, "mark 1:1600", b"\1\2" * 320 + bytes(2 * 1280)]
    assert at_s == pytest.approx(0.2 + 0.2 + 0.04), "its first frame was sent at 0.2 s"


def test_an_interruption_drops_what_waits_and_overtakes_with_a_clear() -> None:
    async def scenario() -> list[Wire]:
        leg = _leg(_PIECES)
        leg.has_room.clear()
        for number in range(12):
            leg.send(AudioOut(bytes(320), 160 * number, 1))
        leg.send(Interrupted(1))
        leg.send(StatusChanged("listening"))
        assert leg.has_room.is_set(), "a clear empties the carrier's queue"
        assert leg.pieces is not None
        assert leg.pieces.deadline_s is None
        return await _sent(leg)

    assert run(scenario()) == ["clear"]


def test_a_carrier_without_clear_or_marks_is_sent_neither() -> None:
    async def scenario() -> list[Wire]:
        leg = _leg(_BARE)
        leg.send(AudioOut(b"\1\1" * 160, 0, 1))
        leg.send(Interrupted(1))
        leg.send(AudioOut(b"\2\2" * 160, 160, 2))
        return await _sent(leg)

    assert run(scenario()) == [b"\2\2" * 160]


def test_sound_is_split_to_what_one_message_may_carry() -> None:
    async def scenario() -> list[Wire]:
        leg = _leg(_BARE)
        leg.send(AudioOut(bytes(70_000), 0, 1))
        return await _sent(leg)

    assert [len(wire) for wire in run(scenario())] == [32_768, 32_768, 4_464]
