"""The sessions whose calls go on in this process, by their tokens."""

import asyncio
import contextlib
import dataclasses
import secrets
from collections.abc import Callable, Iterator

from kit.errors import CapacityError, InputError
from kit.ids import uuid7
from transports.carrier import Carrier
from transports.ports import SessionTokens
from transports.pvp_connection import PvpConnection

RESUME_S = 30.0  # how long a session's call outlives its carrier
_OWN_TOKEN = "rt_"  # how tokens of calls without a session begin


class Sessions:
    """Leads who comes with a token to its call."""

    def __init__(self, tokens: SessionTokens, connect: Callable[[Carrier, float], PvpConnection]) -> None:
        """Prepare.

        Args:
            tokens: Who has been promised a call.
            connect: Makes a connection whose call waits so many seconds for another carrier when its own breaks.
        """
        self._tokens = tokens
        self._connect = connect
        self._held: dict[str, PvpConnection] = {}
        self._spent: dict[str, asyncio.Event] = {}  # tokens of calls that are over, until that is known everywhere

    def find(self, token: str) -> PvpConnection | None:
        """Return the connection of a session that goes on here; None if there is none."""
        return self._held.get(token)

    @contextlib.contextmanager
    def hosted(self, carrier: Carrier, *, resumable: bool) -> Iterator[tuple[PvpConnection, str | None]]:
        """Make a connection for a call that has no session, with a token by which its client comes back to it.

        Args:
            carrier: Not accepted yet.
            resumable: The client knows how; else there is no token, and the call ends with its carrier.
        """
        if not resumable:
            yield self._connect(carrier, 0.0), None
            return
        token = f"{_OWN_TOKEN}{secrets.token_urlsafe(32)}"
        connection = self._held[token] = self._connect(carrier, RESUME_S)
        try:
            yield connection, token
        finally:
            del self._held[token]

    async def serve(self, token: str, carrier: Carrier, last_seq: int | None = None) -> None:
        """Run the session's call, or go on with it; returns when the carrier is done with.

        Args:
            token: As the client showed it.
            carrier: Not accepted yet.
            last_seq: The newest message that a returning client has seen. Who says so takes the place of a carrier that
                seems well, for a network that has gone often looks so.
        """
        running = self._held.get(token)
        comes_back = running is not None and (
            running.carriers.is_away or (last_seq is not None and running.can_be_resumed)
        )
        if running is not None and comes_back and await running.carriers.resume(carrier, last_seq):
            return None
        connection = self._connect(carrier, RESUME_S)
        if token in self._spent:
            await self._spent[token].wait()
        try:
            request = await self._tokens.redeem(token)
        except (InputError, CapacityError) as error:
            return await connection.refuse(uuid7(), error)
        self._held[token] = connection
        try:
            return await connection.serve(dataclasses.replace(request, transport=carrier.name))
        finally:
            del self._held[token]
            known = self._spent[token] = asyncio.Event()
            try:
                await self._tokens.release(token)
            finally:
                del self._spent[token]
                known.set()


def last_seq_of(text: str | None) -> int | None:
    """Read the newest message that a client says it has seen; None where it says nothing usable."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None
