"""Which providers a call uses, from what operators (and later accounts and agents) write. Pure.

A pick is `VENDOR`, `VENDOR:MODEL` or, for a voice, `VENDOR:MODEL:VOICE`; several, in order, are separated by commas.
Within a voice's model `%3A` is a colon.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from urllib.parse import unquote

from pydantic import SecretStr

from kit.errors import ConfigError
from pipeline.usage import Kind
from providers.pipecat_host.service_name import parse_service_name
from server.vendors import VENDORS, Vendor


@dataclass(frozen=True, slots=True)
class Pick:
    """One provider; empty parts leave it to the vendor's default."""

    kind: Kind
    vendor: str
    model: str = ""
    voice: str = ""

    def __str__(self) -> str:
        """Return it as it is written."""
        return ":".join(part for part in (self.vendor, self.model, self.voice) if part)

    @property
    def served(self) -> Vendor:
        """How its vendor is reached."""
        return VENDORS[self.kind][self.vendor]

    @property
    def access_name(self) -> str:
        """Under which name its key is kept: the vendor, or `pipecat.cartesia` for a service of pipecat's."""
        return f"pipecat.{parse_service_name(self.model).vendor}" if self.vendor == "pipecat" else self.vendor


@dataclass(frozen=True, slots=True)
class Access:
    """How a vendor is reached; None leaves the address to the SDK."""

    key: SecretStr | None = None
    base_url: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What one layer says; empty fields leave it to the layer below.

    Attributes:
        language: BCP 47, where a flow names none.
        access: By vendor; `KIND.VENDOR` is for that kind of work alone, and goes first.
    """

    stt: tuple[Pick, ...] = ()
    tts: tuple[Pick, ...] = ()
    llm: tuple[Pick, ...] = ()
    language: str = ""
    access: Mapping[str, Access] = field(default_factory=lambda: MappingProxyType({}))

    def over(self, below: "Choice") -> "Choice":
        """Return this layer on top of another: an agent's over its account's over the server's."""
        return replace(
            below,
            stt=self.stt or below.stt,
            tts=self.tts or below.tts,
            llm=self.llm or below.llm,
            language=self.language or below.language,
            access={**below.access, **self.access},
        )

    def access_of(self, pick: Pick) -> Access:
        """Return how a pick is reached."""
        usual = self.access.get(pick.access_name, Access())
        return self.access.get(f"{pick.kind}.{pick.access_name}", usual)

    def picks(self) -> tuple[Pick, ...]:
        """Return all that is picked."""
        return (*self.stt, *self.tts, *self.llm)


@dataclass(frozen=True, slots=True)
class Named:
    """What a flow names besides the call's choice.

    Attributes:
        voices: Vendors of voices (`VENDOR:VOICE`).
        spoken: Those voices.
        stt: By the flow's own words.
        llm: Likewise.
    """

    voices: frozenset[str] = frozenset()
    spoken: frozenset[Pick] = frozenset()
    stt: Mapping[str, Pick] = field(default_factory=lambda: MappingProxyType({}))
    llm: Mapping[str, Pick] = field(default_factory=lambda: MappingProxyType({}))


NOTHING_NAMED = Named()


def voice_pick(vendor: str, voice: str, model: str = "") -> Pick:
    """Return a vendor's voice; with some, voices are models."""
    if VENDORS["tts"][vendor].voices_are_models:
        return Pick("tts", vendor, voice or model)
    return Pick("tts", vendor, model, voice)


def parse_picks(kind: Kind, text: str) -> tuple[Pick, ...]:
    """Read `deepgram:nova-3, embedded`.

    Raises:
        ConfigError: `config.provider`: a vendor that is not known, or a model that is missing.
    """
    picks = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        vendor, _, rest = entry.partition(":")
        if vendor not in VENDORS[kind]:
            known = ", ".join(VENDORS[kind])
            raise ConfigError(f"{kind.upper()}: no provider {vendor!r}; use one of {known}", code="config.provider")
        named = VENDORS[kind][vendor]
        if "model" in named.wants and not rest:
            raise ConfigError(f"{kind.upper()}: name a model, such as {vendor}:MODEL", code="config.provider")
        if vendor == "pipecat":
            parse_service_name(rest)
        two = kind == "tts" and vendor != "pipecat" and not named.voices_are_models
        model, _, voice = map(unquote, rest.partition(":")) if two else (rest, "", "")
        picks.append(Pick(kind, vendor, model, voice))
    return tuple(picks)
