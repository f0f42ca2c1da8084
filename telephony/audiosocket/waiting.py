"""UUIDs under which calls are expected: all that an AudioSocket tells is one."""

import uuid

from kit.clock import Clock
from kit.errors import CapacityError, ForbiddenError
from telephony.ports import TICKET_TTL_S, Admission

_MOST = 1000


class ExpectedCalls:
    """Single-use UUIDs of this process; Asterisk asks for one and then connects to the same node."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._expected: dict[str, tuple[float, Admission]] = {}

    def expect(self, admission: Admission) -> str:
        """Return a new UUID for a call.

        Raises:
            CapacityError: Too many are expected already.
        """
        now_s = self._clock.now_s()
        self._expected = {key: each for key, each in self._expected.items() if each[0] > now_s}
        if len(self._expected) >= _MOST:
            raise CapacityError("Too many calls are about to begin.")
        name = str(uuid.uuid4())
        self._expected[name] = now_s + TICKET_TTL_S, admission
        return name

    def redeem(self, name: str) -> Admission:
        """Return what is expected under a UUID, once.

        Raises:
            ForbiddenError: `telephony.invalid_ticket`: unknown, used or too late.
        """
        until_s, admission = self._expected.pop(name, (0.0, None))
        if admission is None or until_s <= self._clock.now_s():
            raise ForbiddenError("No such call is expected.", code="telephony.invalid_ticket")
        return admission
