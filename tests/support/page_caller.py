"""A simulated caller who sits in front of the talk page: the browser is its ear and its mouth."""

import asyncio
from collections.abc import Callable
from typing import Any

from playwright.async_api import Page, WebSocket

from server.caller.dialogue import Dialogue, GiveUp, Speak
from server.caller.script import Script
from server.caller.voice import Voice
from server.caller.wire import FlowState, FlowVariable, Message, decode
from tests.support.browser import say

_LOOK_EVERY_S = 0.05
_BOT_IS_AUDIBLE = """() => window.__played.chunks.slice(-25).some((chunk) => chunk.some((x) => Math.abs(x) > 1e-4))"""


class PageCaller:
    """Speaks into the page what the script wants said, when the bot has finished.

    Attributes:
        sound: All the bot's sound as it came over the wire, 16 kHz mono int16.
        state: Where the flow is.
        variables: What the flow has learned.
    """

    def __init__(self, page: Page, script: Script, voice: Voice) -> None:
        self.sound = bytearray()
        self.state: str | None = None
        self.variables: dict[str, Any] = {}
        self._page = page
        self._voice = voice
        self._dialogue = Dialogue(script)
        self._speaking = False
        page.on("websocket", self._listen)

    async def talk(self, until: Callable[["PageCaller"], bool]) -> None:
        """Answer the bot until `until` holds.

        Raises:
            AssertionError: The caller has nothing left to answer.
        """
        clock = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            while not until(self):
                audible = await self._page.evaluate(_BOT_IS_AUDIBLE)
                match self._dialogue.decide(clock.time(), bot_audible=audible, speaking=self._speaking):
                    case GiveUp(why):
                        raise AssertionError(why)
                    case Speak(line):
                        self._speaking = True
                        tasks.create_task(self._say(line))
                await asyncio.sleep(_LOOK_EVERY_S)

    async def _say(self, line: str) -> None:
        await say(self._page, self._voice.sound_of(line).tobytes())
        self._speaking = False

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._receive)

    def _receive(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            self.sound.extend(frame)
            return
        message: Message = decode(frame)
        self._dialogue.receive(message)
        match message:
            case FlowState(state):
                self.state = state
            case FlowVariable(key, value):
                self.variables[key] = value
