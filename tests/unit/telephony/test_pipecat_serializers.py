"""pipecat's serializers read what we and our simulated carriers write, and we read what they write."""

import importlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from providers.fake.tts import buzz
from providers.pipecat_host import library
from server.caller.phone_wire import ClearBuffer, PlayMedia
from telephony.messages import Media, Start
from telephony.sound import SoundCoder
from telephony.wire import MediaCodec
from tests.support.carriers.kinds import KINDS
from tests.support.virtual_time import run

_PCM = buzz(1600, 8000)
_OURS = {"twilio": KINDS["twilio"], "plivo": KINDS["plivo"], "exotel": KINDS["exotel, 8 kHz"]}
_both = pytest.mark.parametrize("carrier", _OURS)


def _of_pipecat(path: str) -> Any:
    """Return something of pipecat's; `library` has been imported before, and has undone what that does to a process."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(f"pipecat.{module}"), name)


async def _theirs(carrier: str) -> Any:
    """Return pipecat's side of the same stream, at 8 kHz throughout."""
    kind = _of_pipecat(f"serializers.{carrier}.{carrier.title()}FrameSerializer")
    arguments = {"params": kind.InputParams(auto_hang_up=False)} if carrier in ("twilio", "plivo") else {}
    serializer = kind({"twilio": "MZ1"}.get(carrier, "stream-1"), **arguments)
    await serializer.setup(SimpleNamespace(audio_in_sample_rate=8000, audio_out_sample_rate=8000))
    return serializer


def _ours(carrier: str) -> tuple[MediaCodec, SoundCoder]:
    codec = _OURS[carrier].carrier.new_codec()
    (start,) = [each for wire in _OURS[carrier].new_wire().begin() for each in codec.receive(wire)]
    assert isinstance(start, Start)
    return codec, SoundCoder(start.sound)


@pytest.mark.parametrize("carrier", ["twilio", "exotel"])  # Plivo's sound is written otherwise on its way back
def test_pipecat_reads_the_sound_that_we_send(carrier: str) -> None:
    async def scenario() -> Any:
        codec, coder = _ours(carrier)
        return await (await _theirs(carrier)).deserialize(codec.send_media(coder.encode(_PCM)))

    heard = run(scenario())
    _, coder = _ours(carrier)
    assert isinstance(heard, library.InputAudioRawFrame)
    assert heard.audio == coder.decode(coder.encode(_PCM))


@_both
def test_pipecat_reads_what_our_simulated_carrier_sends(carrier: str) -> None:
    async def scenario() -> tuple[Any, Any]:
        theirs, wire = await _theirs(carrier), _OURS[carrier].new_wire()
        _, coder = _ours(carrier)
        return await theirs.deserialize(wire.media(coder.encode(_PCM))), await theirs.deserialize(wire.dtmf("5"))

    sound, key = run(scenario())
    assert isinstance(sound, library.InputAudioRawFrame)
    assert len(sound.audio) == len(_PCM)
    assert key.button.value == "5"


@_both
def test_we_read_what_pipecat_sends_and_so_does_our_simulated_carrier(carrier: str) -> None:
    async def scenario() -> tuple[str, str]:
        theirs = await _theirs(carrier)
        said = _of_pipecat("frames.frames.OutputAudioRawFrame")(audio=_PCM, sample_rate=8000, num_channels=1)
        return await theirs.serialize(said), await theirs.serialize(library.InterruptionFrame())

    sound, clear = run(scenario())
    codec, coder = _ours(carrier)
    wire = _OURS[carrier].new_wire()
    played = wire.receive(sound)
    assert isinstance(played, PlayMedia)
    said, heard = (np.frombuffer(pcm, np.int16).astype(int) for pcm in (_PCM, coder.decode(played.payload)))
    assert (np.abs(said - heard) <= 8 + np.abs(said) // 16).all(), "its µ-law rounds to the other side"
    if carrier != "plivo":  # it writes sound otherwise on its way back
        assert codec.receive(sound) == [Media(played.payload)]
    assert wire.receive(clear) == ClearBuffer()
