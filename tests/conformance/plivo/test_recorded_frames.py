from pathlib import Path
from typing import Any

import pytest

from telephony.plivo.codec import PlivoCodec
from tests.support.carriers.recorded import Recorded

_START = '{"event":"start","start":{"callId":"c3","streamId":"s2"}}'
RECORDED = Recorded(Path(__file__).parent, PlivoCodec, _START)


@pytest.mark.parametrize("case", RECORDED.received())
def test_a_frame_means_what_was_recorded(case: dict[str, Any]) -> None:
    RECORDED.check_received(case)


@pytest.mark.parametrize("case", RECORDED.sent())
def test_a_command_is_written_as_recorded(case: dict[str, Any]) -> None:
    RECORDED.check_sent(case)


def test_every_message_is_recorded() -> None:
    assert RECORDED.messages() == {"Start", "Media", "Dtmf", "Mark", "Stop"}
