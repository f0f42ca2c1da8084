"""Lets Twilio's media sockets in, and steers their calls."""

from starlette.websockets import WebSocket

from kit.errors import ForbiddenError
from telephony.ports import Admission
from telephony.twilio.control import TwilioControl, TwilioHost
from telephony.twilio.signature import Signed, is_from_twilio


class TwilioAttendant:
    """`telephony.media_routes.Attendant` of Twilio: the handshake is signed with the secret of the call's line."""

    def __init__(self, host: TwilioHost) -> None:
        self._host = host

    async def control(self, websocket: WebSocket, admission: Admission) -> TwilioControl:
        """See the port."""
        line = await self._host.lines.by_id(admission.line_id) if admission.line_id is not None else None
        signed = Signed(self._host.addresses.called(websocket), dict(websocket.headers))
        if line is None or not is_from_twilio(signed, line.credentials):
            raise ForbiddenError("The signature is not Twilio's.", code="telephony.invalid_signature")
        return TwilioControl(self._host, line, admission)
