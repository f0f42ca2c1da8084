"""The background of a call while the bot says nothing (docs/adr/0057)."""

import asyncio
from collections.abc import Callable

from kit.clock import Clock
from pipeline.manner import Underlay
from pipeline.playout import FRAME_S, Playout

_NO_TIME_S = 1e-6  # what rounding leaves of a wait
_AHEAD_S = FRAME_S  # hides a late timer; what is sent ahead delays the bot's next word


async def fill_silence(
    underlay: Underlay,
    playout: Playout,
    send: Callable[[bytes, float], None],
    on_hold: Callable[[], bool],
    clock: Clock,
) -> None:
    """Send `underlay` whenever the line has nothing else, through `send(pcm, due_s)`, until cancelled.

    Args:
        underlay: What is heard.
        playout: Knows until when the line has sound.
        send: Takes 20 ms.
        on_hold: Whether nothing is to be heard now.
        clock: Whose time `due_s` is.
    """
    silence = bytes(2 * int(playout.rate_hz * FRAME_S))
    while True:
        now_s = clock.now_s()
        due_s = max(playout.busy_until_s, now_s)
        early_s = due_s - now_s - _AHEAD_S
        if early_s > _NO_TIME_S:
            await asyncio.sleep(early_s)
        elif on_hold() or playout.is_held:
            await asyncio.sleep(FRAME_S)
        else:
            send(underlay.under(silence), due_s)
            playout.background_s = due_s + FRAME_S
