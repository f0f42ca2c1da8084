"""One of the providers that a call may use for a kind, in order."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pipeline.ports import LanguageModel, SpeechToText, TextToSpeech
from providers.resilience.breaker import Breaker

Provider = TypeVar("Provider", SpeechToText, LanguageModel, TextToSpeech)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a provider may take.

    Attributes:
        first_s: To the first piece; to the reading of a turn (STT).
        next_s: From one piece to the next.
        total_s: From the first request to the last piece.
        hedge_s: After so long without a first piece the next provider, or the same one, is asked as well.
    """

    first_s: float
    next_s: float
    total_s: float
    hedge_s: float


# A caller waits: 1.5 s of silence is the most that goes unexplained, and two providers must fit into it.
LLM_PATIENCE = Patience(first_s=3.0, next_s=2.0, total_s=30.0, hedge_s=0.9)
TTS_PATIENCE = Patience(first_s=1.5, next_s=1.0, total_s=30.0, hedge_s=0.7)  # another voice is a last resort
STT_PATIENCE = Patience(first_s=0.7, next_s=0.7, total_s=4.0, hedge_s=0.7)
PATIENT = Patience(first_s=10.0, next_s=10.0, total_s=60.0, hedge_s=10.0)  # models in this process, which just are slow


@dataclass(frozen=True, slots=True)
class Member(Generic[Provider]):
    """A provider with its own limits, and its health, which all calls share."""

    provider: Provider
    patience: Patience
    breaker: Breaker = field(default_factory=Breaker)
