from typing import Any

import pytest

from kit.errors import ConfigError
from server.key_watch import KeyWatch
from server.provider_choice import Choice, Named, Pick, parse_picks
from server.provider_settings import server_choice
from server.settings import load_settings
from tests.e2e.vendors.test_doctor_providers import vendors
from tests.support.vendors.http import KEY

BAD = "sk-secret-bad"
CLAUDE = Pick("llm", "anthropic", "claude-test")


async def watched(at: dict[str, str], **settings: Any) -> tuple[KeyWatch, Choice]:
    """Return what a watch knows once it has asked everybody."""
    addresses = {"anthropic_base_url": at["anthropic"], "openai_base_url": at["openai"]}
    hosted = {"cartesia": at["cartesia"].replace("ws", "http")}
    choice = server_choice(load_settings(local_llm=False, provider_base_urls=hosted, **addresses, **settings))
    watch = KeyWatch(choice)
    await watch.start()
    return watch, choice


async def test_a_wrong_key_that_only_a_states_vendor_has_is_found_before_a_call_begins(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with vendors() as at:
        watch, choice = await watched(at, anthropic_api_key=BAD, openai_api_key=KEY)
    with pytest.raises(ConfigError, match=r"anthropic refuses this server's key.*ANTHROPIC_API_KEY"):
        watch.usable(choice, Named(llm={"anthropic:claude-test": CLAUDE}))
    named = Named(llm={"openai:gpt-test": Pick("llm", "openai", "gpt-test")}, voices=frozenset({"openai"}))
    assert watch.usable(choice, named) == choice
    assert "secret" not in caplog.text


async def test_who_refuses_the_servers_key_is_left_out_while_there_is_another() -> None:
    with vendors() as at:
        watch, choice = await watched(at, llm="anthropic:claude-test, openai:gpt-test", anthropic_api_key=BAD)
    assert [str(pick) for pick in watch.usable(choice, Named()).llm] == ["openai:gpt-test"]
    alone = Choice(llm=parse_picks("llm", "anthropic:claude-test")).over(choice)
    with pytest.raises(ConfigError, match="ANTHROPIC_API_KEY"):
        watch.usable(alone, Named())


async def test_a_hosted_vendor_is_asked_too_and_a_key_that_was_mended_there_is_used_again() -> None:
    with vendors() as at:
        watch, choice = await watched(at, provider_keys={"cartesia": BAD})
        named = Named(voices=frozenset({"cartesia"}))
        with pytest.raises(ConfigError, match="PROVIDER_KEYS"):
            watch.usable(choice, named)
    await watch.look(["cartesia"])  # which cannot be reached now, and may be again when a call comes
    assert watch.usable(choice, named) == choice
