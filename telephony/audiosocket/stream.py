"""A call on Asterisk's AudioSocket."""

from telephony.audiosocket.codec import AudioSocketCodec
from telephony.wire import Carrier, Traits

AUDIOSOCKET = Carrier(Traits("audiosocket", marks=False, clears=False, silent_line_s=None), AudioSocketCodec)
"""While no RTP comes no frame does, so silence proves nothing: TCP itself finds out who has gone."""
