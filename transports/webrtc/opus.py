"""Opus by libopus itself, the one that came with `av`.

`av` offers neither loss concealment nor in-band error correction, and its frames cost more than the codec: 16 kHz mono
straight from and to bytes is what a voice call needs.
"""

import ctypes
import ctypes.util
from functools import cache
from pathlib import Path

import av

from kit.errors import ConfigError, ProtocolError

RATE_HZ = 16_000
FRAME_SAMPLES = RATE_HZ // 50
FRAME_BYTES = 2 * FRAME_SAMPLES
COMPLEXITY = 2  # of 10: the least that can correct errors; above it the cost grows, and speech is no more like itself
BITS_PER_SECOND = 32_000  # wideband speech, and a coarse copy of the frame before for who lost it
EXPECTED_LOSS_PERCENT = 5
_LONGEST_SAMPLES = RATE_HZ * 120 // 1000  # of one packet, RFC 6716 §2.1.4
_LARGEST_BYTES = 1275  # of one frame, RFC 6716 §3.2.1
# opus_defines.h
_VOIP = 2048
_SET_BITRATE, _SET_COMPLEXITY, _SET_INBAND_FEC, _SET_PACKET_LOSS = 4002, 4010, 4012, 4014


@cache
def library() -> ctypes.CDLL:
    """Return libopus.

    Raises:
        ConfigError: It is neither beside `av` nor on this machine.
    """
    package = Path(av.__file__).parent
    beside = sorted((package.parent / "av.libs").glob("libopus-*.so*")) + sorted(package.glob(".dylibs/libopus*"))
    path = str(beside[0]) if beside else ctypes.util.find_library("opus")
    if path is None:
        raise ConfigError("libopus was not found; install it, or the wheel of `av` that brings it.")
    opus = ctypes.CDLL(path)
    opus.opus_encoder_create.restype = opus.opus_decoder_create.restype = ctypes.c_void_p
    opus.opus_encoder_ctl.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    opus.opus_encode.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int32,
    ]
    opus.opus_decode.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int32,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_int,
    ]
    for name in ("opus_encoder_destroy", "opus_decoder_destroy"):
        getattr(opus, name).argtypes = [ctypes.c_void_p]
        getattr(opus, name).restype = None
    return opus


class OpusEncoder:
    """One direction of one call, 20 ms of 16 kHz mono at a time."""

    def __init__(self, complexity: int = COMPLEXITY) -> None:
        """Prepare.

        Raises:
            ConfigError: No libopus.
        """
        self._state: int | None = None
        self._opus = library()
        self._state = self._opus.opus_encoder_create(RATE_HZ, 1, _VOIP, None)
        self._out = ctypes.create_string_buffer(_LARGEST_BYTES)
        for what, value in (
            (_SET_BITRATE, BITS_PER_SECOND),
            (_SET_COMPLEXITY, complexity),
            (_SET_INBAND_FEC, 1),
            (_SET_PACKET_LOSS, EXPECTED_LOSS_PERCENT),
        ):
            self._opus.opus_encoder_ctl(self._state, what, value)

    def __del__(self) -> None:
        """Free libopus's memory."""
        if self._state is not None:
            self._opus.opus_encoder_destroy(self._state)

    def encode(self, pcm: bytes) -> bytes:
        """Encode `FRAME_BYTES` of int16; one packet."""
        assert len(pcm) == FRAME_BYTES, "20 ms at 16 kHz"
        size = self._opus.opus_encode(self._state, pcm, FRAME_SAMPLES, self._out, _LARGEST_BYTES)
        assert size > 0, "libopus takes any sound"
        return self._out.raw[:size]


class OpusDecoder:
    """The other direction; whatever the peer sends becomes 16 kHz mono."""

    def __init__(self) -> None:
        """Prepare.

        Raises:
            ConfigError: No libopus.
        """
        self._state: int | None = None
        self._opus = library()
        self._state = self._opus.opus_decoder_create(RATE_HZ, 1, None)
        self._out = ctypes.create_string_buffer(2 * _LONGEST_SAMPLES)

    def __del__(self) -> None:
        """Free libopus's memory."""
        if self._state is not None:
            self._opus.opus_decoder_destroy(self._state)

    def decode(self, packet: bytes) -> bytes:
        """Decode a packet.

        Raises:
            ProtocolError: `audio.bad_frame`: not Opus.
        """
        return self._decode(packet, _LONGEST_SAMPLES, from_next=0)

    def conceal(self, following: bytes | None) -> bytes:
        """Stand in for 20 ms that were lost: from the copy in the `following` packet if there is one, else a guess."""
        return self._decode(following, FRAME_SAMPLES, from_next=int(following is not None))

    def _decode(self, packet: bytes | None, samples: int, from_next: int) -> bytes:
        size = 0 if packet is None else len(packet)
        count = self._opus.opus_decode(self._state, packet, size, self._out, samples, from_next)
        if count < 0:
            raise ProtocolError("audio packet: not Opus", code="audio.bad_frame")
        return self._out.raw[: 2 * count]


@cache
def silence(complexity: int = COMPLEXITY) -> bytes:
    """Return a packet of 20 ms of silence that fits anywhere."""
    encoder = OpusEncoder(complexity)
    packets = [encoder.encode(bytes(FRAME_BYTES)) for _ in range(50)]  # until the encoder has settled
    return packets[-1]
