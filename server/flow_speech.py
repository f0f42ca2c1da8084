"""Whether a call's providers can do what its flow asks for; found before the first word."""

from collections.abc import Iterator
from dataclasses import dataclass

from flows.model import Flow, Settings, StateDef
from kit.errors import ConfigError, InputError
from pipeline.usage import Kind
from providers.pipecat_host.service_name import parse_service_name
from providers.resilience.for_call import ProviderSet
from providers.resilience.voices import vendor_of
from server.provider_choice import Named, Pick, parse_picks, voice_pick
from server.vendors import VENDORS

_VOICES = tuple(vendor for vendor in VENDORS["tts"] if vendor != "pipecat")  # which is no one vendor
_FOR_FLOWS = frozenset({"language", "model", "voice"})  # of a hosted service; the rest is the operator's


def require_speakable(flow: Flow, members: ProviderSet, language: str) -> None:
    """Pass a flow whose voices and languages can be had.

    Raises:
        InputError: `flow.language` or `flow.voice`; the message says where, and what there is.
    """
    for problem in problems(flow, members, language):
        raise problem


def problems(flow: Flow, members: ProviderSet, language: str) -> Iterator[InputError]:
    """Yield what cannot be had, first the call's own language, then state by state."""
    own = {voice for member in members.tts for voice in member.provider.capabilities.voices}
    for wish in _wishes(flow, language):
        listener = members.recognisers.get(wish.stt or "", members.stt[0])
        vendor, voice = vendor_of(wish.voice)
        speaker = members.voices.get(vendor, members.tts[0])
        for task, member in (("understood", listener), ("spoken", speaker)):
            known = member.provider.capabilities.languages
            if known and _base(wish.language) not in {_base(each) for each in known}:
                text = f"{wish.where}.language: {wish.language!r} cannot be {task} here, only {', '.join(known)}"
                yield InputError(f"{text}; choose another provider", code="flow.language")
        tts = members.tts[0].provider.capabilities
        there = set(speaker.provider.capabilities.voices) if vendor else own if tts.voices else set()
        if wish.voice and there and voice not in there:
            text = f"{wish.where}.voice: no voice {wish.voice!r}; there are {', '.join(sorted(there))}"
            yield InputError(text, code="flow.voice")


def named_in(flow: Flow) -> Named:
    """Return the vendors and models that a flow, and those it may call, name.

    Raises:
        InputError: `flow.voice`, `flow.stt` or `flow.llm`: nobody here knows the vendor, or no model is named.
    """
    voices: set[str] = set()
    spoken: set[Pick] = set()
    stt: dict[str, Pick] = {}
    llm: dict[str, Pick] = {}
    for each in (flow, *flow.library.values()):
        for where, part in _parts(each):
            vendor, voice = vendor_of(part.voice)
            if vendor and vendor not in _VOICES:
                known = ", ".join(_VOICES)
                raise InputError(f"{where}.voice: no provider {vendor!r}; use one of {known}", code="flow.voice")
            if vendor:
                voices.add(vendor)
                spoken.add(voice_pick(vendor, voice))
            if part.stt:
                stt[part.stt] = _pick("stt", part.stt, where)
            if part.llm:
                llm[part.llm] = _pick("llm", part.llm, where)
    return Named(frozenset(voices), frozenset(spoken), stt, llm)


def _pick(kind: Kind, text: str, where: str) -> Pick:
    try:
        pick, *others = parse_picks(kind, text)
    except (ConfigError, ValueError) as error:
        raise InputError(f"{where}.{kind}: {error}", code=f"flow.{kind}") from error
    if pick.vendor == "pipecat" and not set(parse_service_name(pick.model).settings) <= _FOR_FLOWS:
        raise InputError(f"{where}.{kind}: a flow may set {', '.join(sorted(_FOR_FLOWS))}", code=f"flow.{kind}")
    if others:
        raise InputError(f"{where}.{kind}: name one; the call's own stand in for it", code=f"flow.{kind}")
    return pick


@dataclass(frozen=True, slots=True)
class _Wish:
    where: str
    language: str
    voice: str | None
    stt: str | None


def _wishes(flow: Flow, language: str) -> Iterator[_Wish]:
    """Yield what each part asks for that asks for anything, with what it leaves to the parts above it."""
    for each in (flow, *flow.library.values()):
        above = each.settings
        for where, part in _parts(each):
            if part is flow.settings or part.language or part.voice or part.stt:
                spoken = part.language or above.language or flow.settings.language or language
                voice = part.voice or above.voice or flow.settings.voice
                yield _Wish(where, spoken, voice, part.stt or above.stt or flow.settings.stt)


def _parts(flow: Flow) -> list[tuple[str, Settings | StateDef]]:
    states: list[tuple[str, Settings | StateDef]] = [(f"states.{name}", state) for name, state in flow.states.items()]
    return [("settings", flow.settings), *states]


def _base(language: str) -> str:
    return language.split("-")[0].lower()
