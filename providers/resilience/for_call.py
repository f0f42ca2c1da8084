"""A call's providers: those of the process, in order, each counted, so wrapped that one's failure is not the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.incidents import IncidentLog
from pipeline.metered import MeteredLlm, MeteredStt, MeteredTts
from pipeline.ports import EndOfTurnModel, LanguageModel, Providers, SpeechToText, TextToSpeech
from pipeline.usage import UsageMeter
from providers.resilience.llm import ResilientLlm
from providers.resilience.member import Member
from providers.resilience.stt import ResilientStt
from providers.resilience.tts import ResilientTts
from providers.resilience.voices import VoicesByVendor


@dataclass(frozen=True, slots=True)
class ProviderSet:
    """Whom a call may use, the preferred ones first.

    Attributes:
        llm: May be empty: flows then run on their own lines.
        voices: By vendor, those that the call's flow names besides (`VENDOR:VOICE`).
    """

    stt: Sequence[Member[SpeechToText]]
    tts: Sequence[Member[TextToSpeech]]
    llm: Sequence[Member[LanguageModel]] = ()
    end_of_turn: EndOfTurnModel | None = None
    voices: Mapping[str, Member[TextToSpeech]] = field(default_factory=dict)


def for_call(members: ProviderSet) -> Providers:
    """Return what one call speaks and listens through; counts and incidents are its own, health is everyone's."""
    meter, incidents = UsageMeter(), IncidentLog()
    stt = [replace(each, provider=MeteredStt(each.provider, meter)) for each in members.stt]
    tts = [replace(each, provider=MeteredTts(each.provider, meter)) for each in members.tts]
    llm = [replace(each, provider=MeteredLlm(each.provider, meter)) for each in members.llm]
    others = {
        vendor: ResilientTts([replace(each, provider=MeteredTts(each.provider, meter)), *tts], incidents)
        for vendor, each in members.voices.items()
    }
    own = ResilientTts(tts, incidents)
    return Providers(
        ResilientStt(stt, incidents),
        VoicesByVendor(own, others) if others else own,
        members.end_of_turn,
        ResilientLlm(llm, incidents) if llm else None,
        usage=meter,
        incidents=incidents,
    )
