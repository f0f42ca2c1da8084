"""Make calls at Twilio: the media stream's address goes with the order, so no webhook stands before the first word."""

import datetime
from typing import Any

from kit.phone_calls import DialOrder, LineAccess, Progress
from telephony.addresses import Addresses
from telephony.twilio import twiml
from telephony.twilio.rest import TwilioRest

_CLOCKS_DIFFER = datetime.timedelta(seconds=5)


class TwilioDialer:
    """`telephony.ports.Dialer` of Twilio."""

    def __init__(self, rest: TwilioRest, addresses: Addresses) -> None:
        self._rest = rest
        self._addresses = addresses

    async def dial(self, line: LineAccess, order: DialOrder) -> str:
        """See the port."""
        told = f"?intent={order.intent_id}"
        of_line = self._addresses.of_line
        stream = twiml.stream(self._addresses.stream(order.media_token), of_line(line.id, "stream"), order.parameters)
        fields: dict[str, Any] = {
            "to": order.to,
            "from_": line.number,
            "twiml": twiml.document(stream),
            "timeout": order.ring_timeout_s,
            "time_limit": order.time_limit_s,
            "status_callback": of_line(line.id, "status") + told,
            "status_callback_event": ["initiated", "ringing", "answered", "completed"],
        }
        if order.detect_machine:
            # Asynchronous: else a person would hear silence until the verdict.
            fields |= {
                "machine_detection": "DetectMessageEnd" if order.wait_for_beep else "Enable",
                "async_amd": "true",
                "async_amd_status_callback": of_line(line.id, "machine") + told,
            }
        return await self._rest.create(line, **fields)

    async def find(self, line: LineAccess, order: DialOrder, since: datetime.datetime) -> str | None:
        """See the port."""
        return next(iter(await self._rest.newest(line, order.to, since - _CLOCKS_DIFFER)), None)

    async def look(self, line: LineAccess, carrier_call: str) -> Progress | None:
        """See the port."""
        return await self._rest.fetch(line, carrier_call)

    async def hang_up(self, line: LineAccess, carrier_call: str) -> None:
        """See the port."""
        await self._rest.hang_up(line, carrier_call)

    async def verify(self, line: LineAccess) -> None:
        """See the port."""
        await self._rest.number_of(line)

    async def attach(self, line: LineAccess) -> None:
        """Have calls to the line's number come here; see `control_api.lines.service.Attacher`."""
        await self._rest.attach(line, self._addresses.incoming("voice"), self._addresses.of_line(line.id, "status"))
