"""Credentials for relays, from a stand-in for the service that makes them."""

import pytest

from kit.clock import Clock
from tests.support.vendors.http import KEY
from tests.support.vendors.turn import KEY_ID, TurnService
from transports.webrtc.ice import IceServers, TurnKey

STUN = {"urls": "stun:stun.example.org"}


class MovedClock(Clock):
    """A clock that is ahead.

    Attributes:
        ahead_s: How far.
    """

    ahead_s = 0.0

    def now_s(self) -> float:
        return super().now_s() + self.ahead_s


async def test_credentials_are_made_once_and_again_before_they_expire() -> None:
    async with TurnService().running() as service:
        clock = MovedClock()
        helpers = IceServers([STUN], clock, TurnKey(KEY_ID, KEY, 600, service.url))
        first = await helpers.current()
        assert first.ttl_s == 600
        assert first.servers[0] == STUN
        assert first.servers[1]["username"] == "user 1 for 600 s"
        assert (await helpers.current()).servers == first.servers
        clock.ahead_s = 550.0
        assert (await helpers.current()).servers[1]["username"] == "user 2 for 600 s"
        assert helpers.are_secret


async def test_a_single_server_is_taken_too() -> None:
    async with TurnService().running() as service:
        service.single = True
        helpers = IceServers([], Clock(), TurnKey(KEY_ID, KEY, 600, service.url))
        assert len((await helpers.current()).servers) == 1


@pytest.mark.parametrize("trouble", ["is_away", "garbage", "nowhere", "wrong_key"])
async def test_while_the_service_is_of_no_use_those_that_are_fixed_remain(trouble: str) -> None:
    async with TurnService().running() as service:
        url = "http://127.0.0.1:9" if trouble == "nowhere" else service.url
        if trouble in ("is_away", "garbage"):
            setattr(service, trouble, True)
        key = TurnKey(KEY_ID, "another" if trouble == "wrong_key" else KEY, 600, url)
        answer = await IceServers([STUN], Clock(), key).current()
    assert (list(answer.servers), answer.ttl_s) == ([STUN], None)


async def test_a_service_that_does_not_answer_is_left_alone_for_a_while() -> None:
    """Each client would wait for it in turn otherwise."""
    async with TurnService().running() as service:
        service.is_away, clock = True, MovedClock()
        helpers = IceServers([STUN], clock, TurnKey(KEY_ID, KEY, 600, service.url))
        await helpers.current()
        service.is_away = False
        for _ in range(5):
            clock.ahead_s += 1.0
            assert (await helpers.current()).ttl_s is None
        clock.ahead_s += 6.0
        assert (await helpers.current()).ttl_s == 600
