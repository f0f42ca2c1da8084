"""Who follows what the other side of a call does, beside the conversation (docs/adr/0037)."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from pipeline.turns.inputs import BreathRead, EndHeard, PartialHeard, TranscriptReady
from pipeline.turns.voice_activity import SpeechStarted, SpeechStopped

_Item = TypeVar("_Item")


class Watch(Protocol):
    """Is told in the call's own loop, before the conversation is; must be quick and must not raise."""

    def voice(self, *, began: bool) -> None:
        """Take that the other side began to speak, or fell silent."""

    def words(self, text: str) -> None:
        """Take what it has said so far in this utterance."""


def watched(watch: Watch | None, post: Callable[[_Item], None]) -> Callable[[_Item], None]:
    """Return `post`, which tells `watch` first what concerns it."""
    if watch is None:
        return post

    def tell(item: _Item) -> None:
        match item:
            case SpeechStarted() | SpeechStopped():
                watch.voice(began=isinstance(item, SpeechStarted))
            case PartialHeard(text=text):
                watch.words(text)
            case TranscriptReady(heard=heard) | BreathRead(heard=heard) | EndHeard(heard=heard):
                watch.words(heard.text)
        post(item)

    return tell
