"""Whether a call's providers can speak and understand what its flow asks for; found before the first word."""

from collections.abc import Iterator, Mapping

from flows.model import Flow
from kit.errors import InputError
from providers.resilience.for_call import ProviderSet
from providers.resilience.voices import vendor_of
from server.provider_choice import VENDORS


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
    own = {voice for member in members.tts for voice in member.provider.capabilities.voices}
    for where, wanted in _languages(flow, language).items():
        for task, known in (("understood", stt.languages), ("spoken", tts.languages)):
            if known and _base(wanted) not in {_base(each) for each in known}:
                text = f"{where}: {wanted!r} cannot be {task} here, only {', '.join(known)}; choose another provider"
                yield InputError(text, code="flow.language")
    for where, wanted in _voices(flow).items():
        vendor, voice = vendor_of(wanted)
        there = set(members.voices[vendor].provider.capabilities.voices) if vendor else own if tts.voices else set()
        if there and voice not in there:
            text = f"{where}: no voice {wanted!r}; there are {', '.join(sorted(there))}"
            yield InputError(text, code="flow.voice")


def vendors_named(flow: Flow) -> frozenset[str]:
    """Return the vendors whose voices a flow names.

    Raises:
        InputError: `flow.voice`: nobody here knows the vendor.
    """
    named = {where: vendor_of(voice)[0] for where, voice in _voices(flow).items()}
    for where, vendor in named.items():
        if vendor and vendor not in VENDORS["tts"]:
            known = ", ".join(VENDORS["tts"])
            raise InputError(f"{where}: no provider {vendor!r}; use one of {known}", code="flow.voice")
    return frozenset(filter(None, named.values()))


def _languages(flow: Flow, language: str) -> Mapping[str, str]:
    wanted = {"settings.language": flow.settings.language or language}
    return wanted | {f"states.{name}.language": state.language for name, state in flow.states.items() if state.language}


def _voices(flow: Flow) -> Mapping[str, str]:
    wanted = {"settings.voice": flow.settings.voice} if flow.settings.voice else {}
    return wanted | {f"states.{name}.voice": state.voice for name, state in flow.states.items() if state.voice}


def _base(language: str) -> str:
    return language.split("-")[0].lower()
