"""A call's providers: those of the process, in order, each counted, so wrapped that one's failure is not the end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.incidents import IncidentLog
from pipeline.metered import MeteredLlm, MeteredStt, MeteredTts
from pipeline.ports import EndOfTurnModel, LanguageModel, Providers, SpeechToText, TextToSpeech
from pipeline.usage import UsageMeter
from providers.resilience.llm import ResilientLlm
from providers.resilience.member import Member
from providers.resilience.stt import ResilientStt
from providers.resilience.tts import ResilientTts


@dataclass(frozen=True, slots=True)
class ProviderSet:
    """Whom a call may use, the preferred ones first.

    Attributes:
        llm: May be empty: flows then run on their own lines.
    """

    stt: Sequence[Member[SpeechToText]]
    tts: Sequence[Member[TextToSpeech]]
    llm: Sequence[Member[LanguageModel]] = ()
    end_of_turn: EndOfTurnModel | None = None


def for_call(members: ProviderSet) -> Providers:
    """Return what one call speaks and listens through; counts and incidents are its own, health is everyone's."""
    meter, incidents = UsageMeter(), IncidentLog()
    stt = [replace(each, provider=MeteredStt(each.provider, meter)) for each in members.stt]
    tts = [replace(each, provider=MeteredTts(each.provider, meter)) for each in members.tts]
    llm = [replace(each, provider=MeteredLlm(each.provider, meter)) for each in members.llm]
    return Providers(
        ResilientStt(stt, incidents),
        ResilientTts(tts, incidents),
        members.end_of_turn,
        ResilientLlm(llm, incidents) if llm else None,
        usage=meter,
        incidents=incidents,
    )
