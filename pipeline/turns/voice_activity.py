"""Speech probabilities become edges: where speech began and where it stopped. Pure."""

from dataclasses import dataclass, replace

START_PROBABILITY = 0.5
STOP_PROBABILITY = 0.35  # hysteresis: a fading syllable is still speech
START_WINDOWS = 3  # 96 ms: a click is not speech
STOP_WINDOWS = 6  # 192 ms: a stop consonant is not silence
HINT_WINDOWS = 1  # 32 ms: it may be a click
BREATH_WINDOWS = 1  # 32 ms: the network falls late, 78 ms after the voice, and on words hardly ever; see ADR 0010


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """When a sound counts as speech, and when as over."""

    start_probability: float = START_PROBABILITY
    stop_probability: float = STOP_PROBABILITY
    start_windows: int = START_WINDOWS
    stop_windows: int = STOP_WINDOWS


USUAL = Sensitivity()


@dataclass(frozen=True, slots=True)
class SpeechHinted:
    """Somebody may speak since `pos_samples`."""

    pos_samples: int


@dataclass(frozen=True, slots=True)
class SpeechDenied:
    """It was nothing, or too short for speech."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody speaks since `pos_samples`."""

    pos_samples: int


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """Nobody has spoken since `pos_samples`; too short to tell why."""

    pos_samples: int


@dataclass(frozen=True, slots=True)
class SpeechWentOn:
    """It was a pause within a word or between two."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """Nobody has spoken since `pos_samples`, the end of the last voiced window."""

    pos_samples: int


@dataclass(frozen=True, slots=True)
class Activity:
    """What the detector remembers.

    Attributes:
        run: Windows in a row that speak against the current verdict.
        edge_pos_samples: Where that run began.
    """

    speaking: bool = False
    run: int = 0
    edge_pos_samples: int = 0


VoiceEdge = SpeechHinted | SpeechDenied | SpeechStarted | SpeechPaused | SpeechWentOn | SpeechStopped


def step(
    activity: Activity, probability: float, pos_samples: int, when: Sensitivity = USUAL
) -> tuple[Activity, VoiceEdge | None]:
    """Take one window's probability; `pos_samples` is where the window begins."""
    against = probability < when.stop_probability if activity.speaking else probability >= when.start_probability
    if not against:
        if not activity.run:
            return activity, None
        denied = SpeechWentOn() if activity.speaking else SpeechDenied()
        return replace(activity, run=0), denied if activity.run >= _first(activity) else None
    edge = pos_samples if activity.run == 0 else activity.edge_pos_samples
    run = activity.run + 1
    if run < (when.stop_windows if activity.speaking else when.start_windows):
        news = SpeechPaused(edge) if activity.speaking else SpeechHinted(edge)
        return Activity(activity.speaking, run, edge), news if run == _first(activity) else None
    return Activity(not activity.speaking), (SpeechStopped(edge) if activity.speaking else SpeechStarted(edge))


def _first(activity: Activity) -> int:
    """Return how many windows against the current verdict are worth telling."""
    return BREATH_WINDOWS if activity.speaking else HINT_WINDOWS
