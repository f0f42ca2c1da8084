"""Sound between the wire of a stream and the session's int16."""

import numpy as np

from pipeline.audio.mulaw import mulaw_decode, mulaw_encode
from telephony.messages import Encoding, SoundFormat


class SoundCoder:
    """One stream's encoding, both ways.

    Attributes:
        silence: One sample of it.
    """

    def __init__(self, sound: SoundFormat) -> None:
        self._mulaw = sound.encoding is Encoding.MULAW
        self.silence = b"\xff" if self._mulaw else b"\0\0"

    def encode(self, pcm: bytes) -> bytes:
        """Turn int16 into what the wire carries."""
        return mulaw_encode(np.frombuffer(pcm, np.int16)) if self._mulaw else pcm

    def decode(self, payload: bytes) -> bytes:
        """Turn what the wire carries into int16."""
        return mulaw_decode(payload).tobytes() if self._mulaw else payload
