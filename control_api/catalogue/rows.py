"""Models and voices by name. Pure but for reading `rows.yaml` once."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from kit.errors import InputError

Kind = Literal["llm", "tts", "stt", "vad"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_NAMESPACE = uuid.UUID("6a3f4d1e-4a55-5f0e-9c55-0b1f6f1f2c33")
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Row:
    """One model.

    Attributes:
        id: A UUID that is the same on every server.
        name: A second name, by which recognisers are called.
        engine: What is called, `VENDOR:MODEL`; empty where there is no adapter.
        languages: BCP 47; empty where the service decides.
    """

    id: str
    kind: Kind
    model_name: str
    name: str
    provider_name: str
    engine: str = ""
    is_default: bool = False
    is_large_model: bool = False
    default_temperature: float = 0.7
    api_base: str | None = None
    languages: tuple[str, ...] = ()

    def speaks(self, language: str) -> bool:
        """Say whether it has a language; `hi` and `hi-IN` are the same to it."""
        return not self.languages or _base(language) in map(_base, self.languages)


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice of a model; `engine` is its vendor's name for it."""

    id: str
    tts: Row
    name: str
    engine: str = ""
    language: str | None = None

    @property
    def can_speak(self) -> bool:
        """Whether there is an adapter for it; the model of this server has one voice, without a name."""
        return bool(self.tts.engine and (self.engine or self.is_ours))

    @property
    def is_ours(self) -> bool:
        """Whether this server speaks with it itself."""
        return self.tts.engine == "embedded"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that agents can name."""

    rows: Mapping[Kind, tuple[Row, ...]]
    voices: tuple[Voice, ...] = field(default=())

    def default(self, kind: Kind) -> Row:
        """Return what is used where nothing is named."""
        return next(row for row in self.rows[kind] if row.is_default)

    def find(self, kind: Kind, wanted: str) -> Row:
        """Resolve a UUID, a code, a name or `provider:model`.

        Raises:
            InputError: `catalogue.unknown`.
        """
        rows = self.rows[kind]
        found = [row for row in rows if row.id == wanted.lower()] or [row for row in rows if wanted in _names(row)]
        if not found:
            known = ", ".join(row.model_name for row in rows[:_SHOWN])
            raise InputError(
                f"Unknown {kind} model '{wanted[:100]}'; see /api/v1/providers ({known}, …).", code=UNKNOWN
            )
        return min(found, key=lambda row: (not row.is_default, row.id))

    def voice(self, row: Row, wanted: str) -> Voice:
        """Resolve a voice of a model by name or UUID.

        Raises:
            InputError: `catalogue.unknown_voice`.
        """
        own = [voice for voice in self.voices if voice.tts.id == row.id]
        for voice in own:
            if wanted.lower() in (voice.id, voice.name.lower()) or wanted == voice.engine:
                return voice
        known = ", ".join(voice.name for voice in own) or "none to choose from"
        text = f"Unknown voice '{wanted[:100]}' of {row.model_name}; there are: {known}."
        raise InputError(text, code="catalogue.unknown_voice")


UNKNOWN = "catalogue.unknown"


def require_language(row: Row, language: str) -> None:
    """Pass a language that a model has.

    Raises:
        InputError: `catalogue.language`.
    """
    if not row.speaks(language):
        has = ", ".join(row.languages)
        text = f"{row.model_name} has no language '{language[:40]}'; it has: {has}."
        raise InputError(text, code="catalogue.language")


@cache
def catalogue() -> Catalogue:
    """Read the data file."""
    data = yaml.safe_load((Path(__file__).parent / "rows.yaml").read_text(encoding="utf-8"))
    rows: dict[Kind, tuple[Row, ...]] = {kind: _rows(kind, data[kind]) for kind in KINDS}
    by_model = {row.model_name: row for row in rows["tts"]}
    return Catalogue(rows, tuple(_voice(by_model[each["tts"]], each) for each in data["voices"]))


def _rows(kind: Kind, entries: Sequence[Mapping[str, Any]]) -> tuple[Row, ...]:
    return tuple(
        Row(
            _id(kind, each["provider"], each["model"]),
            kind,
            each["model"],
            each.get("name", each["model"]),
            each["provider"],
            each.get("engine", ""),
            place == 0,
            each.get("large", False),
            each.get("temperature", 0.7),
            each.get("api_base"),
            tuple(each.get("languages", ())),
        )
        for place, each in enumerate(entries)
    )


def _voice(row: Row, entry: Mapping[str, Any]) -> Voice:
    voice_id = _id("voice", row.model_name, entry["name"])
    return Voice(voice_id, row, entry["name"], entry.get("engine", ""), entry.get("language"))


def _names(row: Row) -> Iterable[str]:
    both = (row.model_name, f"{row.provider_name}:{row.model_name}")
    return {"llm": both, "tts": (*both, row.provider_name), "stt": (*both, row.name), "vad": (*both, row.name)}[
        row.kind
    ]


def _id(*parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


def _base(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()
