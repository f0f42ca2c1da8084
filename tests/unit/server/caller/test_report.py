"""The report of a call, from what was noted and what was recorded."""

import numpy as np

from server.caller.live_call import CallRecord, Event
from server.caller.report import report_of
from server.caller.sound import RATE_HZ, Sound
from server.caller.wire import Waterfall

_SPAN = {"name": "stt", "start_ms": 0.0, "end_ms": 9.0}


def _channel(*spans_s: tuple[float, float]) -> Sound:
    sound = np.zeros(12 * RATE_HZ, dtype=np.int16)
    for start_s, end_s in spans_s:
        sound[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] = 5000
    return sound


def _at(seconds: float, who: str, text: str, detail: object = None) -> Event:
    return Event(round(seconds * RATE_HZ), who, text, detail)


def test_each_line_of_the_caller_opens_a_turn_with_its_answer_and_its_wait() -> None:
    record = CallRecord(
        events=[
            _at(0.0, "state", "a"),
            _at(0.0, "bot", "Hello. Who is there?", "1"),
            _at(0.1, "waterfall", "", Waterfall(0, None, ())),
            _at(2.0, "caller", "John."),
            _at(3.2, "heard", "Jon."),
            _at(3.3, "state", "b"),
            _at(3.3, "bot", "Thank you.", "2"),
            _at(3.4, "bot", "Press ok.", "3"),
            _at(3.5, "waterfall", "", Waterfall(1, 300.0, (_SPAN,))),
            _at(6.0, "screen", "ok", {}),
            _at(6.1, "bot", "Goodbye.", "4"),
            _at(9.0, "end", "completed"),
        ],
        variables={"name": "Jon"},
        end_reason="completed",
        completed=True,
        caller=_channel((2.1, 3.0)),
        bot=_channel((0.2, 1.5), (3.4, 5.0), (6.2, 7.0)),
    )
    report = report_of(record)
    greeting, name, pressed = report["turns"]
    assert (greeting["caller"], greeting["bot"], greeting["voice_to_voice_ms"]) == ("", "Hello. Who is there?", None)
    assert (name["caller"], name["heard"], name["bot"]) == ("John.", "Jon.", "Thank you. Press ok.")
    assert abs(name["voice_to_voice_ms"] - 400) <= 5
    assert name["waterfall"] == {"turn": 1, "gap_ms": 300.0, "spans": [_SPAN]}
    assert (pressed["caller"], pressed["bot"], pressed["voice_to_voice_ms"]) == ("[ok]", "Goodbye.", None)
    assert report["voice_to_voice_ms"] == {"p50": name["voice_to_voice_ms"], "p95": name["voice_to_voice_ms"]}
    assert report["states"] == ["a", "b"]


def test_what_the_bot_was_cut_off_in_stays_with_the_turn_in_which_it_began() -> None:
    record = CallRecord(
        events=[
            _at(0.0, "bot", "Hello and welcome to all of this.", "1"),
            _at(1.0, "caller", "Sorry."),
            _at(1.2, "interrupted", ""),
            _at(1.2, "bot", "Hello and", "1"),
            _at(3.0, "bot", "Yes?", "2"),
            _at(4.0, "error", "the server is full (capacity.full)"),
        ],
    )
    report = report_of(record)
    assert [turn["bot"] for turn in report["turns"]] == ["Hello and", "Yes?"]
    assert [turn["interrupted"] for turn in report["turns"]] == [False, True]
    assert report["voice_to_voice_ms"] == {"p50": None, "p95": None}
    assert report["errors"] == ["the server is full (capacity.full)"]
    assert not report["completed"]
