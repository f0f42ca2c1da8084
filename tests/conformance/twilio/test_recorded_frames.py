from pathlib import Path
from typing import Any

import pytest

from telephony.twilio.codec import TwilioCodec
from tests.support.carriers.recorded import Recorded

RECORDED = Recorded(Path(__file__).parent, TwilioCodec, '{"event":"start","streamSid":"MZ2","start":{"callSid":"CA3"}}')


@pytest.mark.parametrize("case", RECORDED.received())
def test_a_frame_means_what_was_recorded(case: dict[str, Any]) -> None:
    RECORDED.check_received(case)


@pytest.mark.parametrize("case", RECORDED.sent())
def test_a_command_is_written_as_recorded(case: dict[str, Any]) -> None:
    RECORDED.check_sent(case)


def test_every_message_is_recorded() -> None:
    assert RECORDED.messages() == {"Start", "Media", "Dtmf", "Mark", "Stop"}
