"""Who may talk to what, where a test does not care."""

from kit.ids import uuid7
from telephony.connection import Admit
from telephony.messages import Start
from transports.ports import CallRequest


def lead_to(flow: str) -> Admit:
    """Let every stream talk to `flow`."""

    async def admit(start: Start) -> CallRequest:
        del start
        return CallRequest(uuid7(), flow)

    return admit
