"""What a call used of each provider, counted for billing. Pure."""

from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["stt", "llm", "tts"]


@dataclass(frozen=True, slots=True)
class ProviderUse:
    """What was used of one model.

    Attributes:
        requests: Streams opened, answers and sentences asked for.
        audio_s: Sound sent to a recogniser.
        tokens_in: Of prompts, as the service counts them.
        tokens_out: Of answers.
        uncounted: Answers whose tokens the service never told, most of them because they were cut off.
        characters: Of text sent to a voice.
    """

    kind: Kind
    provider: str
    model: str
    requests: int = 0
    audio_s: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    uncounted: int = 0
    characters: int = 0


class UsageMeter:
    """Adds up one call."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._uses: dict[tuple[Kind, str, str], ProviderUse] = {}

    def uses(self) -> tuple[ProviderUse, ...]:
        """Return what was used so far, one entry for each model, in the order of their first use."""
        return tuple(self._uses.values())

    def opened(self, provider: str, model: str) -> None:
        """A recogniser was opened."""
        use = self._use("stt", provider, model)
        self._keep(replace(use, requests=use.requests + 1))

    def heard(self, provider: str, model: str, audio_s: float) -> None:
        """Sound was sent to a recogniser."""
        use = self._use("stt", provider, model)
        self._keep(replace(use, audio_s=use.audio_s + audio_s))

    def answered(self, provider: str, model: str, tokens: tuple[int, int] | None) -> None:
        """A model was asked; `tokens` in and out, None where the service did not tell."""
        use = self._use("llm", provider, model)
        if tokens is None:
            self._keep(replace(use, requests=use.requests + 1, uncounted=use.uncounted + 1))
            return
        tokens_in, tokens_out = use.tokens_in + tokens[0], use.tokens_out + tokens[1]
        self._keep(replace(use, requests=use.requests + 1, tokens_in=tokens_in, tokens_out=tokens_out))

    def spoke(self, provider: str, model: str, characters: int) -> None:
        """Text was sent to a voice."""
        use = self._use("tts", provider, model)
        self._keep(replace(use, requests=use.requests + 1, characters=use.characters + characters))

    def _use(self, kind: Kind, provider: str, model: str) -> ProviderUse:
        return self._uses.get((kind, provider, model)) or ProviderUse(kind, provider, model)

    def _keep(self, use: ProviderUse) -> None:
        self._uses[use.kind, use.provider, use.model] = use
