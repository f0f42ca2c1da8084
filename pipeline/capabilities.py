"""What models declare about themselves, so that a call can choose before it asks."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SttCapabilities:
    """What a recogniser can do.

    Attributes:
        rates_hz: What it takes without conversion, best first; 8000 among them where phone audio can stay as it is.
        partials: `SttStream.partial` follows the words.
        languages: BCP 47; `en` stands for all its regions. Empty: not known here, the service decides.
        word_times: `SttResult.words` is filled.
        end_of_turn: It hears by itself when a turn is over (`SttStream.signals`).
    """

    rates_hz: tuple[int, ...] = (16_000,)
    partials: bool = False
    languages: tuple[str, ...] = ("en",)
    word_times: bool = False
    end_of_turn: bool = False

    def rate_for(self, heard_hz: int) -> int:
        """Return the lowest rate that loses nothing of audio at `heard_hz`, else the highest there is."""
        return _fitting(self.rates_hz, heard_hz)


@dataclass(frozen=True, slots=True)
class LlmCapabilities:
    """What a chat model can do.

    Attributes:
        tools: It calls tools.
        json_schema: It keeps to `LlmOptions.json_schema`.
        context_tokens: The longest prompt and answer together; None where not known here.
    """

    tools: bool = True
    json_schema: bool = True
    context_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class TtsCapabilities:
    """What a voice can do.

    Attributes:
        rates_hz: What it can be asked for, best first.
        word_times: `WordTimes` come with the audio.
        languages: As in `SttCapabilities`.
        voices: Names for `SpeakOptions.voice`. Empty: not known here, the service decides.
    """

    rates_hz: tuple[int, ...] = (24_000,)
    word_times: bool = False
    languages: tuple[str, ...] = ("en",)
    voices: tuple[str, ...] = ()

    def rate_for(self, played_hz: int) -> int:
        """Return the lowest rate that is enough where `played_hz` is played, else the highest there is."""
        return _fitting(self.rates_hz, played_hz)


def _fitting(rates_hz: Sequence[int], wanted_hz: int) -> int:
    return min((rate_hz for rate_hz in rates_hz if rate_hz >= wanted_hz), default=max(rates_hz))
