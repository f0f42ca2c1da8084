from pathlib import Path
from typing import Any

import pytest

from telephony.asterisk.codec import AsteriskCodec
from tests.support.carriers.recorded import Recorded

_START = '{"event":"MEDIA_START","channel_id":"1.2","channel":"WebSocket/a/0x1","format":"ulaw"}'
RECORDED = Recorded(Path(__file__).parent, AsteriskCodec, _START)


@pytest.mark.parametrize("case", RECORDED.received())
def test_a_frame_means_what_was_recorded(case: dict[str, Any]) -> None:
    RECORDED.check_received(case)


@pytest.mark.parametrize("case", RECORDED.sent())
def test_a_command_is_written_as_recorded(case: dict[str, Any]) -> None:
    RECORDED.check_sent(case)


def test_every_message_is_recorded() -> None:
    assert RECORDED.messages() == {"Start", "Media", "Dtmf", "Mark", "Hold"}
