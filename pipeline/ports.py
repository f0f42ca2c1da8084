"""What the media core needs from others: legs, and the four kinds of model.

Implementations live in `providers/` and `transports/`; `server/wiring.py` puts them together.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from flows.actions import ToolSpec
from pipeline.call_control import CallControl
from pipeline.capabilities import LlmCapabilities, SttCapabilities, TtsCapabilities
from pipeline.frames.base import ControlFrame, DataFrame, SystemFrame
from pipeline.incidents import IncidentLog
from pipeline.usage import UsageMeter

Frame = SystemFrame | DataFrame | ControlFrame


# --- voice activity -------------------------------------------------------------------------------------------------
class VoiceActivityModel(Protocol):
    """A neural detector, one per process; called in a worker thread with windows of many calls at once."""

    window_samples: int  # 512 at 16 kHz
    rate_hz: int  # 16000

    def new_state(self) -> npt.NDArray[np.float32]:
        """Return the memory of one call, shape `(n,)`; the caller keeps it and passes it back."""

    def run(
        self, windows: npt.NDArray[np.float32], states: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Score one window of each of `b` calls.

        Args:
            windows: Shape `(b, window_samples)`, in [-1, 1].
            states: Shape `(b, n)`.

        Returns:
            Speech probabilities, shape `(b,)`, and the new states, shape `(b, n)`.
        """


class VoiceGate(Protocol):
    """A cheap detector that only lets possible speech through to the model; one per call."""

    def may_be_speech(self, pcm: bytes) -> bool:
        """Judge 20 ms at 16 kHz (640 bytes)."""


class EndOfTurnModel(Protocol):
    """Tells a finished turn from a pause."""

    async def probability(self, pcm: bytes) -> float:
        """Return how likely the turn is over (0 to 1), given its audio so far (int16, 16 kHz)."""


# --- speech to text -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class WordTime:
    """Where one word is: seconds from the beginning of the turn (STT) or of the stream's audio (TTS)."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class SttResult:
    """What was said in a user turn so far.

    Attributes:
        text: May be empty: nothing intelligible was said.
        confidence: 0 to 1.
        alternative: A second engine's reading where it disagrees.
        words: In order; empty where the recogniser does not tell.
    """

    text: str
    confidence: float = 1.0
    alternative: str | None = None
    words: tuple[WordTime, ...] = ()


@dataclass(frozen=True, slots=True)
class EagerEnd:
    """The turn is probably over; work may begin, but nothing may be said or done on it yet."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """The user went on: the `EagerEnd` before it was wrong."""


@dataclass(frozen=True, slots=True)
class EndOfTurn:
    """The turn is over; `text` is its final reading."""

    text: str
    confidence: float


SttSignal = EagerEnd | Resumed | EndOfTurn


class SpeechToText(Protocol):
    """A recogniser, shared by all calls.

    Attributes:
        provider: The vendor, as in errors and usage.
        model: The vendor's name for what is used.
    """

    provider: str
    model: str
    capabilities: SttCapabilities

    async def open(self, language: str, rate_hz: int = 16_000) -> "SttStream":
        """Start listening to one call.

        Args:
            language: BCP 47.
            rate_hz: Of the audio to come; one of `capabilities.rates_hz`.

        Raises:
            ProviderError: It cannot be reached, or refuses.
        """

    async def warm(self) -> None:
        """Make the next `open` quick; a failure shows there, not here."""

    async def aclose(self) -> None:
        """Free everything; no stream is open."""


class SttStream(Protocol):
    """One call's recogniser. Audio comes only while there may be speech, in user turns."""

    def begin(self, language: str | None = None) -> None:
        """Forget the last turn; what is fed from now on is a new one (its first ~300 ms are pre-roll).

        Args:
            language: Of this turn, BCP 47; None and what is not understood leave it as it is.
        """

    def feed(self, pcm: bytes) -> None:
        """Take audio of the current turn (int16 at the rate it was opened with). Never waits."""

    async def partial(self) -> SttResult:
        """Return a quick, changeable reading of the turn so far."""

    async def finalize(self) -> SttResult:
        """Return the best reading of the turn so far. May be called again when the user goes on.

        Cancelling it frees within 50 ms whatever it was waiting for; the stream stays usable.

        Raises:
            ProviderError: The recogniser failed or stalled.
        """

    def signals(self) -> AsyncGenerator[SttSignal, None]:
        """Yield what the recogniser hears of the current turn's end, until the stream is closed; read by one reader.

        Signals of a turn before the last `begin` do not come. Ends at once without `capabilities.end_of_turn`.
        """

    async def aclose(self) -> None:
        """Free everything within 50 ms; may be called twice."""


@runtime_checkable
class ChoosingStream(Protocol):
    """An `SttStream` behind which there are several recognisers."""

    def choose(self, recogniser: str | None) -> None:
        """Listen through the one that the call's flow names so, as soon as it is there; None for the call's own."""


# --- language model -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to call a tool."""

    call_id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the conversation that a model is shown."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class LlmOptions:
    """Limits of one answer.

    Attributes:
        json_schema: The answer's text is JSON of this schema (an object).
        reasoning: The model may think before it speaks; off where it can be, since a caller waits.
        model: Which of the call's models answers, as its flow names it; None for the first of them.
    """

    max_tokens: int | None = None
    temperature: float | None = None
    stop: tuple[str, ...] = ()
    json_schema: Mapping[str, Any] | None = None
    reasoning: bool = False
    model: str | None = None


@dataclass(frozen=True, slots=True)
class LlmUsage:
    """What an answer cost, as the service counts it."""

    tokens_in: int
    tokens_out: int


class LanguageModel(Protocol):
    """A chat model, shared by all calls; attributes as in `SpeechToText`."""

    provider: str
    model: str
    capabilities: LlmCapabilities

    def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
        """Yield text as it comes, each tool call once it is whole, and what it cost last, where the service tells.

        Closing the iterator, or cancelling who reads it, frees everything within 50 ms.

        Raises:
            ProviderError: The model failed; nothing more comes.
        """

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Warm a prompt cache where the model has one; elsewhere do nothing."""

    async def warm(self) -> None:
        """Make the next answer quick to begin, whatever its prompt; a failure shows there, not here."""

    async def aclose(self) -> None:
        """Free everything; no answer is under way."""


# --- text to speech -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SpeakOptions:
    """How a text is spoken.

    Attributes:
        voice: None and what it does not have: the voice it was made with.
        language: BCP 47; None: what the voice speaks.
        rate_hz: One of `TtsCapabilities.rates_hz`; None: the first of them.
    """

    voice: str | None = None
    language: str | None = None
    rate_hz: int | None = None


AS_MADE = SpeakOptions()


@dataclass(frozen=True, slots=True)
class WordTimes:
    """When some words of the text are heard; may come before or after their audio, in order."""

    words: tuple[WordTime, ...]


class TextToSpeech(Protocol):
    """A voice, shared by all calls; attributes as in `SpeechToText`.

    Attributes:
        voice: What speaks where nothing else is asked for.
    """

    provider: str
    model: str
    voice: str
    capabilities: TtsCapabilities

    def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        """Yield the audio of one sentence (int16 mono), trimmed of leading silence, at speaking level.

        Closing the iterator, or cancelling who reads it, frees everything within 50 ms. Text without anything to
        pronounce may yield nothing.

        Raises:
            ProviderError: The voice failed; what was yielded so far may be played.
        """

    async def warm(self) -> None:
        """Make the next sentence quick to begin; a failure shows there, not here."""

    async def aclose(self) -> None:
        """Free everything; nothing is being spoken."""


# --- legs -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class LegCapabilities:
    """What the other side can do.

    Attributes:
        rate_in_hz: Of `AudioIn`, until a `RateAnnounced` says otherwise.
        rate_out_hz: Of `AudioOut`.
        lead_ms: How far ahead of real time audio is sent.
        marks: `Played` tells what was heard; elsewhere the clock does.
        recalls: So much is on its way that a pause takes it back (`Recalled`), to be sent again.
    """

    rate_in_hz: int = 16_000
    rate_out_hz: int = 16_000
    lead_ms: int = 60
    marks: bool = False
    recalls: bool = False


class Leg(Protocol):
    """The way out to one caller. The way in is `CallSession.receive`."""

    capabilities: LegCapabilities

    @property
    def control(self) -> CallControl | None:
        """What its carrier can do; None where there is no carrier, and closing is all."""

    def send(self, frame: Frame) -> None:
        """Send a frame: `AudioOut`, `Caption`, `StatusChanged`, `Screen`, `Interrupted`, `Waterfall`, `CallFailed`.

        Never waits: it queues within a bound, and a leg whose bound is reached counts as gone.
        """


class CallObserver(Protocol):
    """Watches a call: recording, log, metrics. Must be quick and must not raise."""

    def heard(self, pcm: bytes, at_s: float) -> None:
        """Take caller audio, 20 ms at 16 kHz, which began `at_s` seconds after the call did."""

    def spoke(self, pcm: bytes, rate_hz: int, at_s: float) -> None:
        """Take bot audio that is played from `at_s` seconds after the call began on."""

    def emitted(self, name: str) -> None:
        """Take a name that the flow emitted."""

    def closed(self) -> None:
        """The call is over; called once."""


@dataclass(frozen=True, slots=True)
class Providers:
    """The models one call uses.

    Attributes:
        usage: Where they note what they did for this call (`pipeline/metered.py`).
        incidents: Where they note what went wrong (`providers/resilience`).
    """

    stt: SpeechToText
    tts: TextToSpeech
    end_of_turn: EndOfTurnModel | None = None
    llm: LanguageModel | None = None
    usage: UsageMeter = field(default_factory=UsageMeter)
    incidents: IncidentLog = field(default_factory=IncidentLog)
