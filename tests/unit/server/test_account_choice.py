from control_api.providers.service import KNOWN, OURS, Wanted
from server.account_choice import layered, pick_of
from server.provider_choice import Access, Choice, Pick
from server.provider_registry import ProviderRegistry
from server.vendors import VENDORS

_SERVER = Choice(
    (Pick("stt", "deepgram"), Pick("stt", "embedded")),
    (Pick("tts", "embedded"),),
    (Pick("llm", "compatible", "mistral"),),
    "en",
    {"compatible": Access(None, "http://127.0.0.1:9/v1"), "deepgram": Access(None, "http://127.0.0.1:8")},
)


def _layered(**keys: str) -> Choice:
    return layered(_SERVER, {kind: Wanted(provider, f"{kind}-key") for kind, provider in keys.items()})


def _key_of(choice: Choice, pick: Pick) -> str | None:
    key = choice.access_of(pick).key
    return None if key is None else key.get_secret_value()


def test_without_own_keys_a_call_uses_the_servers_providers() -> None:
    assert _layered() == _SERVER


def test_an_own_key_comes_first_and_the_others_of_the_server_stand_behind_it() -> None:
    choice = _layered(stt="openai")
    assert choice.stt == (Pick("stt", "openai"), *_SERVER.stt)
    assert (choice.tts, choice.llm) == (_SERVER.tts, _SERVER.llm)
    assert _key_of(choice, choice.stt[0]) == "stt-key"


def test_a_vendor_that_the_server_uses_too_is_called_with_the_accounts_key_at_the_same_address() -> None:
    choice = _layered(stt="deepgram")
    assert choice.stt == _SERVER.stt
    assert choice.access_of(choice.stt[0]).base_url == "http://127.0.0.1:8"
    assert _key_of(choice, choice.stt[0]) == "stt-key"


def test_each_kind_of_work_is_done_with_its_own_key() -> None:
    choice = _layered(stt="deepgram", tts="deepgram")
    assert [_key_of(choice, pick) for pick in (choice.stt[0], choice.tts[0])] == ["stt-key", "tts-key"]


def test_openrouter_is_not_mixed_up_with_the_servers_own_compatible_model() -> None:
    choice = _layered(llm="openrouter")
    assert choice.llm == (Pick("llm", "openrouter", "openai/gpt-4o-mini"), *_SERVER.llm)
    assert _key_of(choice, choice.llm[1]) is None


def test_a_model_a_voice_and_a_language_are_an_accounts_choice_too() -> None:
    wishes = {"stt": Wanted("deepgram", "k", "nova-2", language="de"), "tts": Wanted("cartesia", "k", "sonic-3", "v1")}
    choice = layered(_SERVER, wishes)
    assert (str(choice.stt[0]), str(choice.tts[0]), choice.language) == ("deepgram:nova-2", "cartesia:sonic-3:v1", "de")
    aura = pick_of("tts", Wanted("deepgram", "k", voice="aura-2-thalia-en"))
    assert aura == Pick("tts", "deepgram", "aura-2-thalia-en")


def test_a_provider_without_any_key_changes_nothing_and_our_own_needs_none() -> None:
    assert layered(_SERVER, {"tts": Wanted("cartesia")}) == _SERVER
    assert layered(_SERVER, {"stt": Wanted(OURS)}).stt == (Pick("stt", "embedded"), Pick("stt", "deepgram"))
    assert layered(_SERVER, {"llm": Wanted(OURS)}).llm == _SERVER.llm


async def test_whatever_an_account_can_name_can_be_made_with_its_key() -> None:
    registry = ProviderRegistry()
    for kind, names in KNOWN.items():
        for name in set(names) - {OURS}:
            assert name in VENDORS[kind]  # type: ignore[index]  # KNOWN has text for a Kind
            choice = layered(_SERVER, {kind: Wanted(name, "own-key", "a-model" if kind == "llm" else "")})
            assert registry.member(getattr(choice, kind)[0], choice).provider.provider
    await registry.aclose()
