"""A call's providers: those of the process, in order, each counted, so wrapped that one's failure is not the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.incidents import IncidentLog
from pipeline.metered import MeteredLlm, MeteredStt, MeteredTts
from pipeline.ports import EndOfTurnModel, LanguageModel, Providers, SpeechToText, TextToSpeech
from pipeline.usage import UsageMeter
from providers.resilience.llm import ResilientLlm
from providers.resilience.member import Member
from providers.resilience.models import ModelsByName
from providers.resilience.stt import ResilientStt
from providers.resilience.tts import ResilientTts
from providers.resilience.voices import VoicesByVendor


@dataclass(frozen=True, slots=True)
class ProviderSet:
    """Whom a call may use, the preferred ones first.

    Attributes:
        llm: May be empty: flows then run on their own lines.
        voices: By vendor, those that the call's flow names besides (`VENDOR:VOICE`).
        recognisers: As the call's flow names them besides (`VENDOR:MODEL`).
        models: Likewise.
    """

    stt: Sequence[Member[SpeechToText]]
    tts: Sequence[Member[TextToSpeech]]
    llm: Sequence[Member[LanguageModel]] = ()
    end_of_turn: EndOfTurnModel | None = None
    voices: Mapping[str, Member[TextToSpeech]] = field(default_factory=dict)
    recognisers: Mapping[str, Member[SpeechToText]] = field(default_factory=dict)
    models: Mapping[str, Member[LanguageModel]] = field(default_factory=dict)

    def all(self) -> "tuple[Member[Any], ...]":
        """Return everyone."""
        named = (self.voices, self.recognisers, self.models)
        return (*self.stt, *self.tts, *self.llm, *(member for each in named for member in each.values()))


def for_call(members: ProviderSet) -> Providers:
    """Return what one call speaks and listens through; counts and incidents are its own, health is everyone's."""
    meter, incidents = UsageMeter(), IncidentLog()
    stt = [replace(each, provider=MeteredStt(each.provider, meter)) for each in members.stt]
    tts = [replace(each, provider=MeteredTts(each.provider, meter)) for each in members.tts]
    recognisers = {
        name: replace(each, provider=MeteredStt(each.provider, meter)) for name, each in members.recognisers.items()
    }
    others = {
        vendor: ResilientTts([replace(each, provider=MeteredTts(each.provider, meter)), *tts], incidents)
        for vendor, each in members.voices.items()
    }
    own = ResilientTts(tts, incidents)
    return Providers(
        ResilientStt(stt, incidents, recognisers),
        VoicesByVendor(own, others) if others else own,
        members.end_of_turn,
        _llm(members, meter, incidents),
        usage=meter,
        incidents=incidents,
    )


def _llm(members: ProviderSet, meter: UsageMeter, incidents: IncidentLog) -> LanguageModel | None:
    own = [replace(each, provider=MeteredLlm(each.provider, meter)) for each in members.llm]
    named = {name: replace(each, provider=MeteredLlm(each.provider, meter)) for name, each in members.models.items()}
    models = {name: ResilientLlm([each, *own], incidents) for name, each in named.items()}
    if not models:
        return ResilientLlm(own, incidents) if own else None
    # Where only the flow names models, the first of them answers in the states that name none.
    return ModelsByName(ResilientLlm(own, incidents) if own else next(iter(models.values())), models)
