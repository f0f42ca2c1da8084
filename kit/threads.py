"""Threads that work for the event loop step back for it: sound that is due goes first."""

import contextlib
import os
import sys

_STEP = 5  # of 40; a busy core gives the loop three times as much


def step_back() -> None:
    """Give the calling thread, and those that it starts, less of a busy core than the event loop.

    On Linux only: elsewhere a thread has no priority of its own, and nothing changes.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) + _STEP)
