"""Frames as they are on a carrier's wire, from a folder of cases, and what they mean."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kit.errors import ProtocolError
from telephony.messages import Media
from telephony.wire import MediaCodec, Wire


@dataclasses.dataclass(frozen=True)
class Recorded:
    """One carrier's cases, `received_frames.json` and `sent_frames.json`; `start` begins a stream."""

    folder: Path
    new_codec: Callable[[], MediaCodec]
    start: str

    def received(self) -> list[Any]:
        return _cases(self.folder / "received_frames.json", "name")

    def sent(self) -> list[Any]:
        return _cases(self.folder / "sent_frames.json", "send")

    def check_received(self, case: dict[str, Any]) -> None:
        """See that a frame means what the case says: a message, nothing, or an error."""
        codec = self._codec(case) if case.get("after_start") or "start" in case else self.new_codec()
        wire = bytes.fromhex(case["wire_hex"]) if "wire_hex" in case else case["wire"]
        if "error" in case:
            with pytest.raises(ProtocolError) as refusal:
                codec.receive(wire)
            assert refusal.value.code == case["error"]
        elif "ignored" in case:
            assert codec.receive(wire) == []
        else:
            (message,) = codec.receive(wire)
            assert type(message).__name__ == case["message"]
            if isinstance(message, Media):
                assert {"payload_hex": message.payload.hex(), "chunk": message.chunk} == case["fields"]
            else:
                assert dataclasses.asdict(message) == case["fields"]

    def check_sent(self, case: dict[str, Any]) -> None:
        """See that a command is written as it was recorded."""
        codec = self._codec(case)
        written: Wire | None
        match case["send"].split()[0]:
            case "media":
                written = codec.send_media(bytes.fromhex(case["payload_hex"]))
            case "mark":
                written = codec.send_mark(case["name"])
            case "clear":
                written = codec.send_clear()
            case _:
                written = codec.hang_up()
        match case["wire"]:
            case dict() as fields:
                assert isinstance(written, str)
                assert json.loads(written) == fields
            case wire:
                assert (written.hex() if isinstance(written, bytes) else written) == wire

    def messages(self) -> set[str]:
        """Return which messages are recorded."""
        return {case.values[0]["message"] for case in self.received() if "message" in case.values[0]}

    def _codec(self, case: dict[str, Any]) -> MediaCodec:
        codec = self.new_codec()
        codec.receive(case.get("start", self.start))
        return codec


def _cases(file: Path, name: str) -> list[Any]:
    return [pytest.param(case, id=case[name]) for case in json.loads(file.read_text(encoding="utf-8"))]
