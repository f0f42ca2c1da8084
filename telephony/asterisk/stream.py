"""A call on Asterisk's WebSocket channel (`chan_websocket`)."""

from telephony.asterisk.codec import AsteriskCodec
from telephony.wire import Carrier, Traits

ASTERISK = Carrier(Traits("asterisk"), AsteriskCodec, subprotocol="media")
"""A message above 65,500 bytes would hang up the call; half of that is what we send at most."""
