"""A carrier's side of a stream, as the simulated caller speaks it: strict about what it is sent.

The wires share no code with `telephony/`, so that a mistake there does not hide itself here.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import numpy as np
import numpy.typing as npt

from kit.errors import ProtocolError
from pipeline.audio.mulaw import mulaw_decode, mulaw_encode
from server.caller.wire import call_url

Wire = str | bytes
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class PlayMedia:
    """Sound for the phone, in the stream's encoding."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class PlaceMark:
    """To be echoed when all before it has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class ClearBuffer:
    """Drop what has not been played."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call."""


Command = PlayMedia | PlaceMark | ClearBuffer | HangUp


@dataclass(frozen=True, slots=True)
class LineSound:
    """How a stream's sound is written.

    Attributes:
        frame_s: How much of the caller is sent at once.
        most_buffered_s: More on its way than this, and the carrier loses it or gives up.
    """

    rate_hz: int = 8000
    is_mulaw: bool = True
    frame_s: float = 0.02
    most_buffered_s: float = 20.0

    @property
    def bytes_per_s(self) -> int:
        """How much a second takes on the wire."""
        return self.rate_hz if self.is_mulaw else 2 * self.rate_hz

    def write(self, samples: npt.NDArray[np.int16]) -> bytes:
        """Return samples as they are on the wire."""
        return mulaw_encode(samples) if self.is_mulaw else samples.astype("<i2").tobytes()

    def read(self, payload: bytes) -> npt.NDArray[np.int16]:
        """Return what is on the wire as samples."""
        return mulaw_decode(payload) if self.is_mulaw else np.frombuffer(payload, "<i2").astype(np.int16)


class PhoneWire(Protocol):
    """One stream: what the carrier sends, and what it accepts.

    Attributes:
        echoes_dropped_marks: A clear echoes the marks that it drops; elsewhere they are forgotten.
        subprotocol: Of its WebSocket.
    """

    sound: LineSound
    echoes_dropped_marks: bool
    subprotocol: str | None

    def begin(self) -> list[Wire]:
        """Open the conversation."""

    def media(self, payload: bytes) -> Wire:
        """Send a piece of the caller's voice."""

    def dtmf(self, digit: str) -> Wire:
        """Press a key."""

    def mark(self, name: str) -> Wire:
        """Echo a mark."""

    def stop(self) -> list[Wire]:
        """Say that the caller has hung up; empty where only the socket closes."""

    def queued(self, seconds: float) -> list[Wire]:
        """Say how full the queue is, where the carrier does."""

    def receive(self, data: Wire) -> Command:
        """Read what the server sent.

        Raises:
            ProtocolError: It is not what the carrier takes, to the letter.
        """


def stream_url(carrier: str, server: str, flow: str) -> str:
    """Return the address of a carrier's stream to `flow` on `server` (docs/telephony.md)."""
    parts = urlsplit(call_url(server, flow))
    return urlunsplit((parts.scheme, parts.netloc, f"/telephony/{carrier}/flow/{quote(flow, safe='')}", "", ""))


def read_command(carrier: str, data: Wire, id_field: str, stream_id: str) -> dict[str, Any]:
    """Read a JSON command of Twilio's family.

    Raises:
        ProtocolError: It has other fields than it should, or is for another stream.
    """
    if isinstance(data, bytes):
        raise ProtocolError(f"{carrier}: the server sent a binary frame")

    def read() -> dict[str, Any]:
        body: dict[str, Any] = json.loads(data)
        inner = {"media": {"media"}, "mark": {"mark"}, "clear": set[str]()}[body["event"]]
        if set(body) != {"event", id_field, *inner}:
            raise ProtocolError(f"{carrier}: {body['event']} with the fields {sorted(body)}")
        if body[id_field] != stream_id:
            raise ProtocolError(f"{carrier}: a message for another stream")
        return body

    return strictly(carrier, data, read)


def command_of(body: dict[str, Any]) -> Command:
    """Return what a command of Twilio's family means.

    Raises:
        ValueError: Its inner fields are not as they should be.
    """
    match body["event"]:
        case "media":
            payload = base64.b64decode(body["media"]["payload"], validate=True)
            if not payload or payload[:4] == b"RIFF" or set(body["media"]) != {"payload"}:
                raise ValueError("media is raw sound, never empty, and nothing else")
            return PlayMedia(payload)
        case "mark":
            name = body["mark"]["name"]
            if not isinstance(name, str) or not name:
                raise ValueError("a mark has a name")
            return PlaceMark(name)
        case _:
            return ClearBuffer()


def strictly(carrier: str, data: Wire, read: Callable[[], _Read]) -> _Read:
    """Return what `read` returns.

    Raises:
        ProtocolError: It failed.
    """
    try:
        return read()
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError(f"{carrier}: the server sent {data!r:.100}: {error!r}") from error
