"""Speech probabilities become edges: where speech began and where it stopped. Pure."""

from dataclasses import dataclass, replace

START_PROBABILITY = 0.5
STOP_PROBABILITY = 0.35  # hysteresis: a fading syllable is still speech
START_WINDOWS = 3  # 96 ms: a click is not speech
STOP_WINDOWS = 6  # 192 ms: a stop consonant is not silence
HINT_SHARE = 0.3  # of what a window of speech has: a soft beginning, or a click
BREATH_WINDOWS = 1  # 32 ms: the network falls late, 78 ms after the voice, and on words hardly ever; see ADR 0010


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """When a sound counts as speech, and when as over."""

    start_probability: float = START_PROBABILITY
    stop_probability: float = STOP_PROBABILITY
    start_windows: int = START_WINDOWS
    stop_windows: int = STOP_WINDOWS

    @property
    def hint_probability(self) -> float:
        """From where on a single window may be the beginning of speech."""
        return HINT_SHARE * self.start_probability


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
        hinted: Speech may be beginning.
    """

    speaking: bool = False
    run: int = 0
    edge_pos_samples: int = 0
    hinted: bool = False


VoiceEdge = SpeechHinted | SpeechDenied | SpeechStarted | SpeechPaused | SpeechWentOn | SpeechStopped


def step(
    activity: Activity, probability: float, pos_samples: int, when: Sensitivity = USUAL
) -> tuple[Activity, VoiceEdge | None]:
    """Take one window's probability; `pos_samples` is where the window begins."""
    if activity.speaking:
        return _while_speaking(activity, probability < when.stop_probability, pos_samples, when.stop_windows)
    run = activity.run + 1 if probability >= when.start_probability else 0
    edge = activity.edge_pos_samples if activity.run else pos_samples
    if run == when.start_windows:
        return Activity(speaking=True), SpeechStarted(edge)
    hinted = probability >= when.hint_probability
    news = SpeechHinted(pos_samples) if hinted else SpeechDenied()
    return Activity(False, run, edge, hinted), news if hinted != activity.hinted else None


def _while_speaking(
    activity: Activity, silent: bool, pos_samples: int, stop_windows: int
) -> tuple[Activity, VoiceEdge | None]:
    if not silent:
        return replace(activity, run=0), SpeechWentOn() if activity.run >= BREATH_WINDOWS else None
    edge = activity.edge_pos_samples if activity.run else pos_samples
    run = activity.run + 1
    if run == stop_windows:
        return Activity(), SpeechStopped(edge)
    return Activity(True, run, edge), SpeechPaused(edge) if run == BREATH_WINDOWS else None
