"""Whether a call's providers can speak and understand what its flow asks for; found before the first word."""

from collections.abc import Iterator, Mapping

from flows.model import Flow
from kit.errors import InputError
from providers.resilience.for_call import ProviderSet


def require_speakable(flow: Flow, members: ProviderSet, language: str) -> None:
    """Pass a flow whose voices and languages can be had.

    Raises:
        InputError: `flow.language` or `flow.voice`; the message says where, and what there is.
    """
    for problem in problems(flow, members, language):
        raise problem


def problems(flow: Flow, members: ProviderSet, language: str) -> Iterator[InputError]:
    """Yield what cannot be had, first the call's own language, then state by state."""
    stt, tts = members.stt[0].provider.capabilities, members.tts[0].provider.capabilities
    voices = {voice for member in members.tts for voice in member.provider.capabilities.voices}
    for where, wanted in _languages(flow, language).items():
        for task, known in (("understood", stt.languages), ("spoken", tts.languages)):
            if known and _base(wanted) not in {_base(each) for each in known}:
                text = f"{where}: {wanted!r} cannot be {task} here, only {', '.join(known)}; choose another provider"
                yield InputError(text, code="flow.language")
    for where, wanted in _voices(flow).items():
        if tts.voices and wanted not in voices:
            text = f"{where}: no voice {wanted!r}; there are {', '.join(sorted(voices))}"
            yield InputError(text, code="flow.voice")


def _languages(flow: Flow, language: str) -> Mapping[str, str]:
    wanted = {"settings.language": flow.settings.language or language}
    return wanted | {f"states.{name}.language": state.language for name, state in flow.states.items() if state.language}


def _voices(flow: Flow) -> Mapping[str, str]:
    wanted = {"settings.voice": flow.settings.voice} if flow.settings.voice else {}
    return wanted | {f"states.{name}.voice": state.voice for name, state in flow.states.items() if state.voice}


def _base(language: str) -> str:
    return language.split("-")[0].lower()
