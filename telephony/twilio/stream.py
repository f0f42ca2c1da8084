"""A call on a Twilio media stream (`<Connect><Stream>`)."""

from telephony.twilio.codec import TwilioCodec
from telephony.wire import Carrier, Traits

TWILIO = Carrier(Traits("twilio"), TwilioCodec)
"""It echoes the marks that a clear drops; after the close it goes on with the next verb, or hangs up."""
