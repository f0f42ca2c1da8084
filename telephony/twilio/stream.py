"""A call on a Twilio media stream (`<Connect><Stream>`)."""

from starlette.websockets import WebSocket

from telephony.connection import Exchange, MediaConnection
from telephony.sockets import WebSocketPeer
from telephony.twilio.codec import TwilioCodec
from telephony.wire import Traits

TWILIO = Traits("twilio")


def twilio_connection(websocket: WebSocket, exchange: Exchange) -> MediaConnection:
    """Return the connection to serve for one WebSocket of Twilio."""
    return MediaConnection(WebSocketPeer(websocket), TwilioCodec(), TWILIO, exchange)
