"""What the media core needs from others: legs, and the four kinds of model.

Implementations live in `providers/` and `transports/`; `server/wiring.py` puts them together.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from flows.actions import ToolSpec
from pipeline.frames.base import ControlFrame, DataFrame, SystemFrame

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
class SttCapabilities:
    """What a recogniser can do."""

    rate_hz: int = 16_000
    partials: bool = False
    languages: tuple[str, ...] = ("en",)


@dataclass(frozen=True, slots=True)
class SttResult:
    """What was said in a user turn so far.

    Attributes:
        text: May be empty: nothing intelligible was said.
        confidence: 0 to 1.
        alternative: A second engine's reading where it disagrees.
    """

    text: str
    confidence: float = 1.0
    alternative: str | None = None


class SpeechToText(Protocol):
    """A recogniser, shared by all calls."""

    capabilities: SttCapabilities

    async def open(self, language: str) -> "SttStream":
        """Start listening to one call.

        Raises:
            ProviderError: It cannot be reached.
        """


class SttStream(Protocol):
    """One call's recogniser. Audio comes only while there may be speech, in user turns."""

    def begin(self) -> None:
        """Forget the last turn; what is fed from now on is a new one (its first ~300 ms are pre-roll)."""

    def feed(self, pcm: bytes) -> None:
        """Take audio of the current turn (int16 at `capabilities.rate_hz`). Never waits."""

    async def partial(self) -> SttResult:
        """Return a quick, changeable reading of the turn so far."""

    async def finalize(self) -> SttResult:
        """Return the best reading of the turn so far. May be called again when the user goes on.

        Cancelling it frees whatever it was waiting for.

        Raises:
            ProviderError: The recogniser failed or stalled.
        """

    async def aclose(self) -> None:
        """Free everything; may be called twice."""


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
    """Limits of one answer."""

    max_tokens: int | None = None
    temperature: float | None = None
    stop: tuple[str, ...] = ()


class LanguageModel(Protocol):
    """A chat model, shared by all calls."""

    def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncIterator[str | ToolCall]:
        """Yield text as it comes, and each tool call once it is whole. Closing the iterator cancels the request.

        Raises:
            ProviderError: The model failed; nothing more comes.
        """

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Warm a prompt cache where the model has one; elsewhere do nothing."""

    async def aclose(self) -> None:
        """Free everything; no answer is under way."""


# --- text to speech -------------------------------------------------------------------------------------------------
class TextToSpeech(Protocol):
    """A voice, shared by all calls."""

    rate_hz: int
    voice: str

    def stream(self, text: str) -> AsyncIterator[bytes]:
        """Yield the audio of one sentence (int16 mono at `rate_hz`), trimmed of leading silence, at speaking level.

        Raises:
            ProviderError: The voice failed; what was yielded so far may be played.
        """


# --- legs -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class LegCapabilities:
    """What the other side can do.

    Attributes:
        rate_in_hz: Of `AudioIn`, until a `RateAnnounced` says otherwise.
        rate_out_hz: Of `AudioOut`.
        lead_ms: How far ahead of real time audio is sent.
        marks: `Played` tells what was heard; elsewhere the clock does.
    """

    rate_in_hz: int = 16_000
    rate_out_hz: int = 16_000
    lead_ms: int = 60
    marks: bool = False


class Leg(Protocol):
    """The way out to one caller. The way in is `CallSession.receive`."""

    capabilities: LegCapabilities

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

    def closed(self) -> None:
        """The call is over; called once."""


@dataclass(frozen=True, slots=True)
class Providers:
    """The models one call uses."""

    stt: SpeechToText
    tts: TextToSpeech
    end_of_turn: EndOfTurnModel | None = None
    llm: LanguageModel | None = None
