"""Which of several events that wait at the same moment comes first."""

from collections.abc import Iterable

from flows.events import AskFailed, BotFinished, Dtmf, Event, Heard, Started, Tick, ToolCalled, UiEvent, UserStarted

_ORDER: tuple[tuple[type[Event], ...], ...] = (
    (Started,),
    (UiEvent,),
    (ToolCalled, AskFailed),
    (Dtmf, UserStarted, Heard),
    (BotFinished, Tick),
)


def arranged(events: Iterable[Event]) -> tuple[Event, ...]:
    """Order `events` as the language wants: screen, tools, what the user says or keys, time; else as they came."""
    return tuple(sorted(events, key=lambda event: rank(type(event))))


def rank(kind: type[Event]) -> int:
    """Return the place of a kind of event; a lower one comes first."""
    return next(index for index, kinds in enumerate(_ORDER) if kind in kinds)
