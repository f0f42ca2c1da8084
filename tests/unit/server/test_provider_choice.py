import pytest
from pydantic import SecretStr

from kit.errors import ConfigError
from server.provider_choice import Access, Choice, Pick, parse_picks
from server.provider_settings import server_choice
from server.settings import load_settings


def test_picks_are_read_in_order() -> None:
    assert parse_picks("stt", "deepgram:nova-3, embedded") == (
        Pick("stt", "deepgram", "nova-3"),
        Pick("stt", "embedded"),
    )
    assert parse_picks("tts", "openai:gpt-4o-mini-tts:nova") == (Pick("tts", "openai", "gpt-4o-mini-tts", "nova"),)
    assert parse_picks("llm", "compatible:qwen3:8b") == (Pick("llm", "compatible", "qwen3:8b"),)
    assert parse_picks("llm", "") == ()
    assert parse_picks("llm", "groq:llama-3.3-70b-versatile") == (Pick("llm", "groq", "llama-3.3-70b-versatile"),)
    assert parse_picks("tts", "cartesia:bulbul%3Av3:anna") == (Pick("tts", "cartesia", "bulbul:v3", "anna"),)


@pytest.mark.parametrize(
    ("kind", "text"), [("stt", "nobody"), ("llm", "deepgram"), ("llm", "anthropic"), ("tts", "x:y")]
)
def test_what_cannot_be_picked_is_refused_with_what_can(kind: str, text: str) -> None:
    with pytest.raises(ConfigError, match=kind.upper()):
        parse_picks(kind, text)  # type: ignore[arg-type]


def test_a_layer_covers_only_what_it_says() -> None:
    server = Choice(parse_picks("stt", "embedded"), parse_picks("tts", "embedded"), language="en")
    agent = Choice(tts=parse_picks("tts", "deepgram"), access={"deepgram": Access(SecretStr("k"))})
    both = agent.over(server)
    assert [str(pick) for pick in both.picks()] == ["embedded", "deepgram"]
    assert both.language == "en"
    assert [both.access_of(pick).key is not None for pick in both.picks()] == [False, True]


def test_without_settings_all_is_embedded() -> None:
    choice = server_choice(load_settings(local_llm=False))
    assert [str(pick) for pick in choice.picks()] == ["embedded", "embedded"]


def test_a_compatible_server_is_the_language_model_unless_another_is_named() -> None:
    address = {"llm_base_url": "http://127.0.0.1:1/v1", "llm_model": "qwen"}
    assert [str(pick) for pick in server_choice(load_settings(**address)).llm] == ["compatible:qwen"]
    named = server_choice(load_settings(llm="openai:gpt-5, compatible:qwen", **address))
    assert [str(pick) for pick in named.llm] == ["openai:gpt-5", "compatible:qwen"]


def test_hosted_services_are_picked_by_class_and_have_keys_by_vendor() -> None:
    path = "pipecat.services.cartesia.tts.CartesiaTTSService?voice=a-b&speed=1.1"
    (pick,) = parse_picks("tts", f"pipecat:{path}")
    assert pick == Pick("tts", "pipecat", path)
    assert pick.access_name == "pipecat.cartesia"
    settings = load_settings(
        tts=f"pipecat:{path}",
        pipecat_keys={"cartesia": "ca-hidden"},
        pipecat_base_urls={"cartesia": "ws://127.0.0.1:1"},
        local_llm=False,
    )
    access = server_choice(settings).access["pipecat.cartesia"]
    assert access.key is not None
    assert (access.key.get_secret_value(), access.base_url) == ("ca-hidden", "ws://127.0.0.1:1")
    assert "hidden" not in f"{settings!r}{server_choice(settings)!r}"


def test_a_key_or_an_address_in_a_pick_is_refused() -> None:
    for setting in ("api_key=sk-secret", "url=wss://elsewhere"):
        with pytest.raises(ConfigError, match="belong in PIPECAT_") as caught:
            parse_picks("tts", f"pipecat:pipecat.services.cartesia.tts.CartesiaTTSService?{setting}")
        assert "secret" not in str(caught.value)


def test_a_key_for_one_kind_of_work_goes_before_the_vendors_usual_one() -> None:
    access = {"openai": Access(SecretStr("usual")), "stt.openai": Access(SecretStr("for ears"))}
    choice = Choice(access=access)
    keys = [choice.access_of(Pick(kind, "openai")).key for kind in ("stt", "tts")]
    assert [key.get_secret_value() for key in keys if key] == ["for ears", "usual"]


def test_the_other_vendors_have_keys_and_addresses_by_name() -> None:
    settings = load_settings(
        provider_keys={"groq": "gq-hidden"}, provider_base_urls={"azure": "https://a.example"}, local_llm=False
    )
    choice = server_choice(settings)
    assert choice.access_of(Pick("llm", "groq", "m")).key == SecretStr("gq-hidden")
    assert choice.access_of(Pick("llm", "azure", "m")).base_url == "https://a.example"
    assert "hidden" not in f"{settings!r}{choice!r}"
    with pytest.raises(ConfigError, match=r"no 'grok'; there are .*groq"):
        server_choice(load_settings(provider_keys={"grok": "k"}))
