"""G.711 µ-law: eight bits a sample, as telephone networks carry speech."""

import numpy as np
import numpy.typing as npt

_BIAS = 33  # added to the 14-bit magnitude, so that every segment starts at a power of two
_CLIP = 8158  # the largest 14-bit magnitude that has a code
_TO_14_BITS = 2  # G.711 speaks of 14-bit samples; ours have 16


def _decode_table() -> npt.NDArray[np.int16]:
    codes = ~np.arange(256, dtype=np.uint8)  # the line carries every bit inverted
    segment = (codes >> 4).astype(np.int32) & 7
    step = codes.astype(np.int32) & 15
    magnitude = (((step << 1) + _BIAS) << segment) - _BIAS
    negative = codes & 0x80 != 0
    return (np.where(negative, -magnitude, magnitude) << _TO_14_BITS).astype(np.int16)


def _encode_table() -> npt.NDArray[np.uint8]:
    samples = np.arange(-(1 << 15), 1 << 15, dtype=np.int32)
    magnitude = np.minimum(np.abs(samples) >> _TO_14_BITS, _CLIP) + _BIAS
    segment = np.floor(np.log2(magnitude)).astype(np.int32) - 5
    step = (magnitude >> (segment + 1)) & 15
    sign = np.where(samples < 0, 0x80, 0)
    codes = np.empty(1 << 16, dtype=np.uint8)
    codes[samples.astype(np.uint16)] = ~(sign | segment << 4 | step).astype(np.uint8)
    return codes


_DECODED = _decode_table()
_ENCODED = _encode_table()


def mulaw_encode(samples: npt.NDArray[np.int16]) -> bytes:
    """Encode G.711 µ-law.

    Args:
        samples: Linear PCM, mono, int16; what is louder than ±32 635 is clipped.

    Returns:
        One byte per sample.

    Source: ITU-T G.711 (11/88), tables 2a and 2b; 16-bit samples lose their two lowest bits, towards zero.
    """
    return _ENCODED[samples.view(np.uint16)].tobytes()


def mulaw_decode(data: bytes) -> npt.NDArray[np.int16]:
    """Decode G.711 µ-law.

    Args:
        data: One byte per sample, mono; at 8 kHz 160 bytes are 20 ms.

    Returns:
        Linear PCM, shape `(len(data),)`, int16, in [-32124, 32124].

    Source: ITU-T G.711 (11/88), tables 2a and 2b.
    """
    return _DECODED[np.frombuffer(data, dtype=np.uint8)]
