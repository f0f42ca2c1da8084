"""Deepgram's listening sockets: `/v1/listen` (Nova) and `/v2/listen` (Flux).

Sound is anything but digital silence. Each stretch of sound is the next entry of the script, said at four words a
second; a Nova socket finalizes when it is asked to, a Flux one judges turns by silence, on the clock of the audio.
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from websockets.http11 import Request

from tests.support.vendors.faults import Kind
from tests.support.vendors.http import KEY
from tests.support.vendors.sockets import Line, SocketVendor

_IDLE_LIMIT_S = 10.0
_INTERIM_S = 0.25
_WORDS_PER_S = 4.0
_EAGER_SILENCE_S = 0.3
_END_SILENCE_S = 0.8


class DeepgramListenServer(SocketVendor):
    """Hears what its script says.

    Attributes:
        handshakes: The query of each connection.
        controls: The type of every text message, in order.
        heard_bytes: Audio taken, over all connections.
        idle_limit_s: Without audio or a sign of life for so long, a connection is closed.
    """

    def __init__(self, script: Sequence[str] = ("hello there",) * 99) -> None:
        super().__init__()
        self.script = script
        self.handshakes: list[dict[str, str]] = []
        self.controls: list[str] = []
        self.heard_bytes = 0
        self.idle_limit_s = _IDLE_LIMIT_S
        self._said = 0

    def next_words(self) -> list[str]:
        """Return what the next stretch of sound says."""
        words = self.script[self._said % len(self.script)].split()
        self._said += 1
        return words

    def authorized(self, request: Request) -> bool:
        return request.headers.get("Authorization") == f"Token {KEY}"

    def refusal(self, status: int) -> dict[str, str]:
        return {"err_code": "INVALID_AUTH" if status == 401 else "TOO_MANY_REQUESTS", "err_msg": "scripted"}

    async def talk(self, line: Line) -> None:
        self.handshakes.append(line.query)
        await (_FluxEar if line.path == "/v2/listen" else _NovaEar)(self, line).run()


class _Ear:
    """One socket; audio is the clock."""

    def __init__(self, owner: DeepgramListenServer, line: Line) -> None:
        assert line.query["encoding"] == "linear16"
        self.owner, self.line = owner, line
        self.bytes_per_s = 2 * int(line.query["sample_rate"])
        self.heard_s = 0.0
        self.words: list[str] = []  # of the stretch of sound under way
        self.sound_from_s: float | None = None
        self.sound_to_s = 0.0

    async def run(self) -> None:
        await self.opened()
        while True:
            try:
                async with asyncio.timeout(self.owner.idle_limit_s):
                    message = await self.line.recv()
            except TimeoutError:
                await self.line.connection.close(
                    1011, "Deepgram did not receive audio data or a text message: NET-0001"
                )
                return
            if isinstance(message, bytes):
                await self.hear(message)
            elif not await self.control(json.loads(message)["type"]):
                return

    async def hear(self, pcm: bytes) -> None:
        self.owner.heard_bytes += len(pcm)
        began_s = self.heard_s
        self.heard_s += len(pcm) / self.bytes_per_s
        if any(pcm):
            if self.sound_from_s is None:
                self.sound_from_s = began_s
                self.words = self.owner.next_words()
            self.sound_to_s = self.heard_s
        await self.listened(began_s)

    def said(self) -> list[dict[str, Any]]:
        """Return the words that were said so far, with their times in the stream."""
        if self.sound_from_s is None:
            return []
        count = max(1, round((self.sound_to_s - self.sound_from_s) * _WORDS_PER_S))
        return [
            {
                "word": word.strip(".,?!").lower(),
                "punctuated_word": word,
                "start": round(self.sound_from_s + index / _WORDS_PER_S, 3),
                "end": round(min(self.sound_from_s + (index + 1) / _WORDS_PER_S, self.heard_s), 3),
                "confidence": 0.98,
            }
            for index, word in enumerate(self.words[:count])
        ]

    async def opened(self) -> None: ...

    async def listened(self, began_s: float) -> None:
        raise NotImplementedError

    async def control(self, kind: str) -> bool:
        raise NotImplementedError


class _NovaEar(_Ear):
    final_to_s = 0.0
    interim_at_s = 0.0

    async def listened(self, began_s: float) -> None:
        if self.sound_from_s is not None and self.heard_s >= self.interim_at_s + _INTERIM_S:
            self.interim_at_s = self.heard_s
            await self._results(final=False)

    async def control(self, kind: str) -> bool:
        self.owner.controls.append(kind)
        match kind:
            case "Finalize":
                if self.heard_s > self.final_to_s:  # with nothing to flush, nothing is said
                    await self._results(final=True)
                    self.final_to_s, self.sound_from_s, self.words = self.heard_s, None, []
            case "CloseStream":
                if self.line.fault is not None and self.line.fault.kind is Kind.SLOW_CLOSE:
                    await self.line.go_deaf()
                await self._metadata()
                await self.line.connection.close()
                return False
            case _:
                assert kind == "KeepAlive", kind
        return True

    async def _results(self, *, final: bool) -> None:
        words = self.said()
        transcript = " ".join(word["punctuated_word"] for word in words)
        alternative = {"transcript": transcript, "confidence": 0.98 if words else 0.0, "words": words}
        info = {"name": "general-nova-3", "version": "2025-01-01.0", "arch": "nova-3"}
        await self.line.send(
            {
                "type": "Results",
                "channel_index": [0, 1],
                "duration": round(self.heard_s - self.final_to_s, 3),
                "start": round(self.final_to_s, 3),
                "is_final": final,
                "speech_final": False,
                "channel": {"alternatives": [alternative]},
                "metadata": {"request_id": "r1", "model_info": info, "model_uuid": "u1"},
                "from_finalize": final,
            }
        )

    async def _metadata(self) -> None:
        await self.line.send(
            {
                "type": "Metadata",
                "transaction_key": "deprecated",
                "request_id": "r1",
                "sha256": "0" * 64,
                "created": "2026-01-01T00:00:00.000Z",
                "duration": self.heard_s,
                "channels": 1,
            }
        )


class _FluxEar(_Ear):
    turn = 0
    sequence = 0
    update_at_s = 0.0
    eager = False

    async def opened(self) -> None:
        await self.line.send(self._numbered({"type": "Connected", "request_id": "r1"}))

    async def listened(self, began_s: float) -> None:
        quiet_s = self.heard_s - self.sound_to_s
        if self.sound_from_s is not None and self.sound_from_s == began_s:
            await self._turn_info("StartOfTurn", 0.05)
        elif self.sound_from_s is None:
            await self._update(0.0)
        elif self.eager and quiet_s == 0:
            self.eager = False
            await self._turn_info("TurnResumed", 0.1)
        elif quiet_s >= _END_SILENCE_S:
            await self._end("model", 0.92)
        elif not self.eager and quiet_s >= _EAGER_SILENCE_S and self._eagerly:
            self.eager = True
            await self._turn_info("EagerEndOfTurn", 0.55)
        else:
            await self._update(0.2)

    async def control(self, kind: str) -> bool:
        self.owner.controls.append(kind)
        if kind == "CloseStream":
            await self.line.connection.close()
            return False
        if kind == "ForceEndTurn" and self.sound_from_s is not None:
            await self._end("manual", 0.3)
        elif kind == "Configure":
            await self.line.send(self._numbered({"type": "ConfigureSuccess", "request_id": "r1"}))
        return True

    @property
    def _eagerly(self) -> bool:
        return "eager_eot_threshold" in self.owner.handshakes[-1]

    async def _update(self, confidence: float) -> None:
        if self.heard_s >= self.update_at_s + _INTERIM_S:
            self.update_at_s = self.heard_s
            await self._turn_info("Update", confidence)

    async def _end(self, trigger: str, confidence: float) -> None:
        await self._turn_info("EndOfTurn", confidence, trigger)
        self.turn += 1
        self.eager, self.sound_from_s, self.words = False, None, []

    async def _turn_info(self, event: str, confidence: float, trigger: str | None = None) -> None:
        words = self.said()
        info = {
            "type": "TurnInfo",
            "request_id": "r1",
            "event": event,
            "turn_index": self.turn,
            "audio_window_start": round(self.sound_from_s or 0.0, 3),
            "audio_window_end": round(self.heard_s, 3),
            "transcript": " ".join(word["punctuated_word"] for word in words),
            "words": [
                {"word": word["punctuated_word"], "confidence": 0.98, "start": word["start"], "end": word["end"]}
                for word in words
            ],
            "end_of_turn_confidence": confidence,
        }
        await self.line.send(self._numbered(info if trigger is None else info | {"trigger": trigger}))

    def _numbered(self, message: dict[str, Any]) -> dict[str, Any]:
        self.sequence += 1
        return message | {"sequence_id": self.sequence - 1}
