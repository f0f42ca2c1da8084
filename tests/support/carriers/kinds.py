"""Every carrier in every form that it takes, with its phone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from server.caller.asterisk_wire import AsteriskWire
from server.caller.audiosocket_wire import AudioSocketWire
from server.caller.exotel_wire import ExotelWire, exotel_sound
from server.caller.phone_wire import LineSound, PhoneWire
from server.caller.plivo_wire import PlivoWire
from telephony.asterisk.stream import ASTERISK
from telephony.audiosocket.stream import AUDIOSOCKET
from telephony.exotel.stream import EXOTEL
from telephony.plivo.stream import PLIVO
from telephony.twilio.stream import TWILIO
from telephony.wire import Carrier
from tests.support.carriers.phone import Phone, twilio_wire


@dataclass(frozen=True)
class Kind:
    """One form of one carrier."""

    carrier: Carrier
    new_wire: Callable[[], PhoneWire]

    def phone(self, delay_s: float = 0.0) -> Phone:
        return Phone(self.new_wire(), delay_s)


def _exotel(rate_hz: int = 8000, *, is_mulaw: bool = False, camel: bool = False, tells: bool = True) -> Kind:
    sound = exotel_sound(rate_hz, is_mulaw=is_mulaw)
    return Kind(EXOTEL, lambda: ExotelWire("stream-1", "call-1", "acc", sound=sound, camel=camel, tells_format=tells))


def _asterisk(rate_hz: int = 8000, *, is_mulaw: bool = True, plain: bool = False) -> Kind:
    return Kind(ASTERISK, lambda: AsteriskWire("1763.5", sound=LineSound(rate_hz, is_mulaw), plain=plain))


KINDS: Mapping[str, Kind] = {
    "twilio": Kind(TWILIO, twilio_wire),
    "plivo": Kind(PLIVO, lambda: PlivoWire("stream-1", "call-1", "acc")),
    "exotel, 8 kHz": _exotel(),
    "exotel, 16 kHz, camel case": _exotel(16_000, camel=True),
    "exotel, 24 kHz": _exotel(24_000),
    "exotel, µ-law": _exotel(is_mulaw=True),
    "asterisk, µ-law": _asterisk(),
    "asterisk, 16 kHz, plain": _asterisk(16_000, is_mulaw=False, plain=True),
    "audiosocket": Kind(AUDIOSOCKET, lambda: AudioSocketWire("00000000-0000-4000-8000-000000000007")),
}

_ONE_OF_EACH = ("twilio", "plivo", "exotel, 8 kHz", "exotel, 24 kHz", "asterisk, 16 kHz, plain", "audiosocket")
ONE_OF_EACH: Mapping[str, Kind] = {name: KINDS[name] for name in _ONE_OF_EACH}
"""Every carrier, where all of its forms would only take time."""
