from typing import Any

import pytest

from flows.load import load
from kit.errors import ConfigError
from server.flow_speech import named_in
from server.provider_choice import Choice, Named, Pick, parse_picks
from server.provider_settings import server_choice
from server.provider_watch import ProviderWatch
from server.settings import load_settings
from tests.e2e.vendors.test_doctor_providers import vendors
from tests.support.vendors import cartesia
from tests.support.vendors.http import KEY

BAD = "sk-secret-bad"
CLAUDE = Named(llm={"anthropic:claude-test": Pick("llm", "anthropic", "claude-test")})
FLOW = """
id: voiced
version: "1"
initial_state: only
states:
  only: {say: "Hello.", voice: "%s", transitions: {}}
"""


def _choice(at: dict[str, str], **settings: Any) -> Choice:
    addresses = {f"{name}_base_url": at[name] for name in ("anthropic", "openai")}
    hosted = {"cartesia": at["cartesia"].replace("ws", "http")}
    return server_choice(load_settings(local_llm=False, provider_base_urls=hosted, **addresses, **settings))


async def _started(choice: Choice) -> ProviderWatch:
    watch = ProviderWatch(choice)
    await watch.start()
    return watch


async def test_a_wrong_key_that_only_a_states_vendor_has_is_found_before_any_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with vendors() as at:
        choice = _choice(at, anthropic_api_key=BAD, openai_api_key=KEY)
        watch = await _started(choice)
    with pytest.raises(ConfigError, match=r"anthropic refuses the key.*ANTHROPIC_API_KEY"):
        watch.usable(choice, CLAUDE)
    assert watch.usable(choice, Named(llm={"openai:gpt-test": Pick("llm", "openai", "gpt-test")})) == choice
    assert "secret" not in caplog.text


async def test_who_refuses_is_left_out_while_there_is_another() -> None:
    with vendors() as at:
        choice = _choice(at, llm="anthropic:claude-test, openai:gpt-test", anthropic_api_key=BAD, openai_api_key=KEY)
        watch = await _started(choice)
    assert [str(pick) for pick in watch.usable(choice, Named()).llm] == ["openai:gpt-test"]
    alone = Choice(llm=parse_picks("llm", "anthropic:claude-test")).over(choice)
    with pytest.raises(ConfigError, match="ANTHROPIC_API_KEY"):
        watch.usable(alone, Named())


@pytest.mark.parametrize(("voice", "refused"), [(cartesia.VOICE, False), ("nobody", True)])
async def test_a_voice_that_a_flow_names_is_asked_for_before_its_first_call(voice: str, refused: bool) -> None:
    named = named_in(load(FLOW % f"cartesia:{voice}"))
    with vendors() as at:
        choice = _choice(at, provider_keys={"cartesia": KEY})
        watch = await _started(choice)
        await watch.prove(choice, named)
    if refused:
        with pytest.raises(ConfigError, match="cartesia refuses cartesia:nobody"):
            watch.usable(choice, named)
    assert refused or watch.usable(choice, named) == choice


async def test_nobody_is_asked_twice_and_who_cannot_be_asked_is_let_through() -> None:
    with vendors() as at:
        choice = _choice(at, provider_keys={"cartesia": KEY})
    watch = await _started(choice)  # nobody is there any more
    named = named_in(load(FLOW % "cartesia:nobody"))
    await watch.prove(choice, named)
    assert watch.usable(choice, named) == choice
