"""Which helpers are handed out without asking anybody."""

from kit.clock import Clock
from tests.support.virtual_time import run
from transports.webrtc.ice import IceServers

STUN = {"urls": "stun:stun.example.org"}
TURN = {"urls": "turn:turn.example.org", "username": "u", "credential": "c"}


def test_those_that_are_fixed_are_handed_out_for_ever() -> None:
    helpers = IceServers([STUN, TURN], Clock())
    answer = run(helpers.current())
    assert (list(answer.servers), answer.ttl_s) == ([STUN, TURN], None)
    assert helpers.are_secret
    assert list(helpers.public().servers) == [STUN]


def test_without_any_there_is_no_secret() -> None:
    assert not IceServers([], Clock()).are_secret
    assert not IceServers([STUN], Clock()).are_secret
