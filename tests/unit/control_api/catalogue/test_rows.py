import pytest

from control_api.catalogue.rows import KINDS, Kind, catalogue, require_language
from kit.errors import InputError
from server.vendors import VENDORS

MODELS = catalogue()


@pytest.mark.parametrize(
    ("kind", "wanted", "model"),
    [
        ("llm", "gpt-4.1", "gpt-4.1"),
        ("llm", "groq:groq-compound", "groq-compound"),
        ("tts", "bulbul:v2", "bulbul:v2"),
        ("tts", "sarvam:bulbul:v2", "bulbul:v2"),
        ("tts", "deepgram", "aura-2"),
        ("stt", "deepgram_nova_3", "nova-3"),
        ("stt", "saarika:2.5", "saarika:2.5"),
        ("vad", "silero", "silero"),
    ],
)
def test_a_model_is_found_by_each_of_its_names(kind: Kind, wanted: str, model: str) -> None:
    assert MODELS.find(kind, wanted).model_name == model


def test_every_model_is_found_by_its_id_and_by_its_code_alone() -> None:
    for kind in KINDS:
        for row in MODELS.rows[kind]:
            assert MODELS.find(kind, row.id) is row
            assert MODELS.find(kind, row.id.upper()) is row
            assert MODELS.find(kind, row.model_name) is row
            assert MODELS.find(kind, row.name) is row or kind in ("llm", "tts")


def test_of_several_the_lowest_id_is_taken() -> None:
    rows = [row for row in MODELS.rows["tts"] if row.provider_name == "openai"]
    assert len(rows) == 2
    assert MODELS.find("tts", "openai").id == min(row.id for row in rows)


def test_the_default_of_each_kind_is_ours_and_needs_no_key() -> None:
    assert {MODELS.default(kind).provider_name for kind in KINDS} == {"antiphon"}
    assert all(sum(row.is_default for row in MODELS.rows[kind]) == 1 for kind in KINDS)


def test_every_engine_is_one_that_this_server_has() -> None:
    for kind in ("stt", "tts", "llm"):
        vendors = {row.engine.partition(":")[0] for row in MODELS.rows[kind] if row.engine}
        assert vendors <= {*VENDORS[kind], "default"}


@pytest.mark.parametrize("language", ["hi", "hi-IN", "HI_in"])
def test_a_language_is_known_with_and_without_its_region(language: str) -> None:
    require_language(MODELS.find("stt", "sarvam"), language)
    with pytest.raises(InputError, match="has no language"):
        require_language(MODELS.default("stt"), language)


def test_a_voice_is_found_by_name_and_id_among_those_of_its_model() -> None:
    row = MODELS.find("tts", "deepgram")
    voice = MODELS.voice(row, "Thalia")
    assert (voice.engine, MODELS.voice(row, voice.id)) == ("aura-2-thalia-en", voice)
    with pytest.raises(InputError, match="there are: thalia"):
        MODELS.voice(row, "darla")
