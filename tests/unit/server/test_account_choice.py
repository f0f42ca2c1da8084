from control_api.providers.service import CALLED, OwnKey
from server.account_choice import OPENROUTER_URL, PICKS, layered
from server.provider_choice import Access, Choice, Pick

_SERVER = Choice(
    (Pick("stt", "deepgram"), Pick("stt", "embedded")),
    (Pick("tts", "embedded"),),
    (Pick("llm", "compatible", "mistral"),),
    "en",
    {"compatible": Access(None, "http://127.0.0.1:9/v1"), "deepgram": Access(None, "http://127.0.0.1:8")},
)


def _layered(**keys: str) -> Choice:
    return layered(_SERVER, {kind: OwnKey(provider, f"{kind}-key") for kind, provider in keys.items()}, OPENROUTER_URL)


def _key_of(choice: Choice, vendor: str) -> str | None:
    key = choice.access[vendor].key
    return None if key is None else key.get_secret_value()


def test_without_own_keys_a_call_uses_the_servers_providers() -> None:
    assert _layered() == _SERVER


def test_an_own_key_comes_first_and_the_others_of_the_server_stand_behind_it() -> None:
    choice = _layered(stt="openai")
    assert choice.stt == (Pick("stt", "openai"), *_SERVER.stt)
    assert (choice.tts, choice.llm) == (_SERVER.tts, _SERVER.llm)
    assert _key_of(choice, "openai") == "stt-key"


def test_a_vendor_that_the_server_uses_too_is_called_with_the_accounts_key_at_the_same_address() -> None:
    choice = _layered(stt="deepgram")
    assert choice.stt == _SERVER.stt
    assert choice.access["deepgram"].base_url == "http://127.0.0.1:8"
    assert _key_of(choice, "deepgram") == "stt-key"


def test_openrouter_is_not_mixed_up_with_the_servers_own_compatible_model() -> None:
    choice = _layered(llm="openrouter")
    assert choice.llm == (Pick("llm", "compatible", "openai/gpt-4o-mini"),)
    assert choice.access["compatible"].base_url == OPENROUTER_URL


def test_a_provider_that_is_not_called_changes_nothing() -> None:
    assert _layered(tts="cartesia") == _SERVER


def test_what_lowers_the_price_is_what_calls_use() -> None:
    assert {(kind, provider) for kind, providers in CALLED.items() for provider in providers} == set(PICKS)
