"""A call on a Plivo audio stream (`<Stream bidirectional="true">`)."""

from telephony.plivo.codec import PlivoCodec
from telephony.wire import Carrier, Traits

PLIVO = Carrier(Traits("plivo"), PlivoCodec, "audio.plivo.com")
"""After the close Plivo goes on with the document that began the stream; ours ends there, and with it the call."""
