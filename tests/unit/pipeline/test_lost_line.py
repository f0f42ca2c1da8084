"""A call whose line is lost in mid-answer waits, and says what was not heard when the line is back."""

import asyncio

from pipeline.frames.audio import AudioOut
from pipeline.frames.control import LineBack, LineLost
from tests.support.call_lab import Lab, Setup, call

FLOW = """
id: hello
version: "1.0.0"
initial_state: hello
states:
  hello:
    say: "This is a sentence of some length, so that there is time to lose the line while it is spoken."
    transitions:
      on_utterance: [{pattern: "never said", target: hello}]
"""


def test_the_rest_of_an_answer_is_said_once_the_line_is_back() -> None:
    lost_at = 0.0

    async def scenario(lab: Lab) -> None:
        nonlocal lost_at
        await lab.quiet(1.0)
        lost_at = asyncio.get_running_loop().time()
        await asyncio.sleep(3.0)  # until somebody notices
        lab.call.receive(LineLost(lost_at))
        await asyncio.sleep(10.0)
        lab.call.receive(LineBack())
        await lab.until_listening()

    report, leg = call(Setup(FLOW), scenario)
    before = [frame for at_s, frame in leg.of(AudioOut) if at_s < lost_at + 4]
    after = [frame for at_s, frame in leg.of(AudioOut) if at_s > lost_at + 4]
    again_from = after[0].pos_samples
    heard = [frame for frame in before if frame.pos_samples < again_from]
    assert abs(again_from / 16_000 - lost_at) <= 0.06 + before[0].pos_samples
    assert [frame.pos_samples for frame in heard + after] == [320 * i for i in range(len(heard) + len(after))]
    assert "while it is spoken." in report.turns[0].bot
    assert not report.turns[0].interrupted
