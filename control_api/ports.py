"""What the control plane needs from the rest of the server; filled in `server/`."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class FlowSummary:
    """One flow of the catalogue.

    Attributes:
        name: File stem, by which it is called.
        id: The document's own id.
        states: How many states it has.
    """

    name: str
    id: str
    title: str
    description: str
    states: int


class FlowCatalogue(Protocol):
    """The flows that can be called. Its methods read files: call them in a worker thread."""

    def names(self) -> Sequence[str]:
        """Return the stems of all flow files, sorted, broken ones too."""

    def summaries(self) -> Sequence[FlowSummary]:
        """Return the flows that can be called, sorted by name."""

    def document(self, name: str) -> Mapping[str, Any]:
        """Return a flow's document (by stem or id) as JSON values.

        Raises:
            NotFoundError: `flow.not_found`.
            InputError: The document is broken.
        """

    def graph(self, name: str) -> Mapping[str, Any]:
        """Return a flow's states and transitions as JSON values; errors as `document`."""


@dataclass(frozen=True, slots=True)
class RecordingLink:
    """Where a recording is that is not on this machine: an address that works for a few minutes."""

    url: str


class CallArchive(Protocol):
    """Calls that are over. Its methods read files: call them in a worker thread."""

    def recent(self) -> Sequence[Mapping[str, Any]]:
        """Return the last calls, newest first, without their turns."""

    def report(self, call_id: str) -> Mapping[str, Any]:
        """Return the report of a call.

        Raises:
            NotFoundError: `call.not_found`.
        """

    def trace(self, call_id: str) -> Mapping[str, Any]:
        """Return the timeline of a call in Chrome's Trace Event format, which Perfetto opens.

        Raises:
            NotFoundError: `call.not_found`.
        """

    def recording(self, call_id: str) -> Path | RecordingLink:
        """Return the WAV file of a call, or where it is.

        Raises:
            NotFoundError: `call.not_found` or `call.not_recorded`.
        """


class ServerState(Protocol):
    """How this process is doing."""

    @property
    def draining(self) -> bool:
        """Whether new calls are refused because the server is about to stop."""

    @property
    def active_calls(self) -> int:
        """How many calls go on now."""

    @property
    def max_calls(self) -> int:
        """How many calls may go on at once."""

    def problem(self) -> str | None:
        """Say what keeps this server from working, if anything does."""

    def capabilities(self) -> Mapping[str, Any]:
        """Return which models and transports calls have, as JSON values."""


class UtcClock(Protocol):
    """Time as the control plane needs it."""

    def now_s(self) -> float:
        """Return monotonic seconds."""

    def utc(self) -> datetime.datetime:
        """Return aware UTC."""


class OnSignup(Protocol):
    """What else happens when an account is made, such as a gift of credits."""

    async def __call__(self, session: AsyncSession, account_id: str, /) -> None:
        """Write with `session`, which commits the account and this together."""
