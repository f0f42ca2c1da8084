"""A call on an Exotel Voicebot stream."""

from telephony.exotel.codec import ExotelCodec
from telephony.wire import Carrier, Traits

EXOTEL = Carrier(Traits("exotel", piece_samples=1600), ExotelCodec)
"""Pieces of at least 3,200 bytes of PCM, in multiples of 320; closing the socket hangs up, or the flow goes on."""
