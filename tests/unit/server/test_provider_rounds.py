"""What is asked again each minute, on the virtual clock with vendors that change their minds."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pydantic import SecretStr

from kit.errors import ConfigError, ProviderError
from server.provider_choice import Access, Choice, Named, Pick, parse_picks
from server.provider_watch import ProviderWatch
from tests.support import virtual_time

KEYS = {name: Access(SecretStr(f"{name}-key")) for name in ("openai", "anthropic")}
CHOICE = Choice(llm=parse_picks("llm", "anthropic:claude-test, openai:gpt-test"), access=KEYS)
REFUSES = {
    "key": ProviderError("anthropic", "wrong key", retryable=False, code="provider.key"),
    "model": ProviderError("anthropic", "no such model", retryable=False, code="provider.request"),
    "busy": ProviderError("anthropic", "busy", retryable=True, code="provider.limit"),
}


class _Vendors:
    """Answer as they are told; note when they are asked."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked: list[tuple[float, str]] = []

    async def ask(self, pick: Pick, choice: Choice, limit_s: float) -> None:
        self.asked.append((asyncio.get_running_loop().time(), pick.vendor))
        if pick.vendor == "anthropic" and self.error is not None:
            raise self.error


def _watch(scenario: Callable[[ProviderWatch, _Vendors], Awaitable[None]], error: Exception | None) -> _Vendors:
    vendors = _Vendors()
    vendors.error = error

    async def run() -> None:
        watch = ProviderWatch(CHOICE, vendors.ask)
        await watch.start()
        rounds = asyncio.create_task(watch.run())
        try:
            await scenario(watch, vendors)
        finally:
            rounds.cancel()

    virtual_time.run(run())
    return vendors


@pytest.mark.parametrize("refusal", ["key", "model"])
def test_who_refuses_is_asked_each_minute_and_used_again_once_it_does_not(refusal: str) -> None:
    async def scenario(watch: ProviderWatch, vendors: _Vendors) -> None:
        await asyncio.sleep(125)
        assert [pick.vendor for pick in watch.usable(CHOICE, Named()).llm] == ["openai"]
        vendors.error = None
        await asyncio.sleep(60)
        assert watch.usable(CHOICE, Named()) == CHOICE
        await asyncio.sleep(300)

    vendors = _watch(scenario, REFUSES[refusal])
    assert [at_s for at_s, vendor in vendors.asked if vendor == "anthropic"] == [0.0, 60.0, 120.0, 180.0]
    assert [at_s for at_s, vendor in vendors.asked if vendor == "openai"] == [0.0], "nobody is asked who has answered"


@pytest.mark.parametrize("error", [REFUSES["busy"], TimeoutError(), ConfigError("not now", code="config.provider")])
def test_who_could_not_be_asked_is_let_through_and_asked_again(error: Exception) -> None:
    async def scenario(watch: ProviderWatch, vendors: _Vendors) -> None:
        assert watch.usable(CHOICE, Named()) == CHOICE
        vendors.error = REFUSES["key"]
        await asyncio.sleep(61)
        assert [pick.vendor for pick in watch.usable(CHOICE, Named()).llm] == ["openai"]

    _watch(scenario, error)


def test_what_a_call_wants_with_its_own_key_is_asked_by_calls_alone() -> None:
    own = Choice(access={"anthropic": Access(SecretStr("own-key"))}).over(CHOICE)

    async def scenario(watch: ProviderWatch, vendors: _Vendors) -> None:
        vendors.error = REFUSES["key"]
        await watch.prove(own, Named())
        assert [pick.vendor for pick in watch.usable(own, Named()).llm] == ["openai"]
        assert watch.usable(CHOICE, Named()) == CHOICE, "the server's key is another"
        asked = len(vendors.asked)
        await asyncio.sleep(130)
        assert len(vendors.asked) == asked
        vendors.error = None
        await watch.prove(own, Named())
        assert watch.usable(own, Named()) == own

    _watch(scenario, None)
