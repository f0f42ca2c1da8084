import subprocess
import sys

import httpx
import pytest

from flows.actions import ToolSpec
from kit.errors import ConfigError
from pipeline.ports import LlmOptions, Message, ToolCall
from providers.pipecat_host.context import context_of, instruction_of, limits_of
from providers.pipecat_host.entry import hosted
from providers.pipecat_host.failures import translated
from providers.pipecat_host.library import ErrorCategory, ErrorFrame
from providers.pipecat_host.reading import Reading
from providers.pipecat_host.service_name import parse_service_name

CARTESIA = "pipecat.services.cartesia.tts.CartesiaTTSService"
DEEPGRAM = "pipecat.services.deepgram.stt.DeepgramSTTService"


# --- what is written --------------------------------------------------------------------------------------------------
def test_a_class_and_its_settings_are_read() -> None:
    name = parse_service_name(f"{CARTESIA}?voice=0123&model=sonic-3&speed=1.5&language=de&flush=true")
    assert (name.path, name.vendor) == (CARTESIA, "cartesia")
    assert name.settings == {"voice": "0123", "model": "sonic-3", "speed": 1.5, "language": "de", "flush": True}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("os.path.Join", "no service of pipecat"),
        ("pipecat.services.cartesia.tts", "no service of pipecat"),
        ("", "no service of pipecat"),
        (f"{CARTESIA}?api_key=sk-secret", "PIPECAT_KEYS"),
        (f"{CARTESIA}?url=wss://elsewhere", "PIPECAT_BASE_URLS"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        parse_service_name(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "text", "key", "why"),
    [
        ("tts", "pipecat.services.cartesia.tts.NobodyTTSService", "k", "has no"),
        ("tts", "pipecat.services.nobody.tts.NobodyTTSService", "k", "has no"),
        ("tts", DEEPGRAM, "k", "is no TTSService"),
        ("tts", CARTESIA, None, r'PIPECAT_KEYS={"cartesia": "…"}'),
        ("tts", f"{CARTESIA}?voise=x", "k", "knows no voise; it has .*voice"),
        ("stt", "pipecat.services.azure.stt.AzureSTTService", "k", r"pipecat-ai\[azure\]"),
    ],
)
def test_what_cannot_be_made_is_refused_when_it_is_configured(kind: str, text: str, key: str | None, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        hosted(kind, text, key, None)  # type: ignore[arg-type]


def test_nothing_of_pipecat_is_imported_before_it_is_picked() -> None:
    script = "import sys, server.wiring; print('pipecat' in sys.modules or 'loguru' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


# --- what is told -----------------------------------------------------------------------------------------------------
def test_a_conversation_is_told_in_pipecats_words() -> None:
    tool = ToolSpec("weather", "Tell it.", {"type": "object", "properties": {"city": {"type": "string"}}})
    talk = [
        Message("system", "Be brief."),
        Message("user", "Oslo?"),
        Message("assistant", "", (ToolCall("c1", "weather", {"city": "Oslo"}),)),
        Message("tool", '{"sky": "blue"}', tool_call_id="c1"),
        Message("system", "Now end."),
    ]
    context = context_of(talk, [tool])
    assert instruction_of(talk) == "Be brief."
    roles = [message["role"] for message in context.get_messages()]
    assert roles == ["user", "assistant", "tool", "developer"]
    assert [each.name for each in context.tools.standard_tools] == ["weather"]
    assert context.tools.standard_tools[0].properties == {"city": {"type": "string"}}


def test_limits_are_settings_and_the_rest_is_extra() -> None:
    assert limits_of(LlmOptions()) == {}
    assert limits_of(LlmOptions(max_tokens=5, stop=("x",))) == {"max_tokens": 5, "extra": {"stop": ["x"]}}


@pytest.mark.parametrize(
    ("category", "code", "retryable"),
    [
        (ErrorCategory.AUTHENTICATION, "provider.key", False),
        (ErrorCategory.INVALID_REQUEST, "provider.refused", False),
        (ErrorCategory.RATE_LIMIT, "provider.rate_limited", True),
        (ErrorCategory.UNKNOWN, "provider.failed", True),
    ],
)
def test_errors_say_whether_to_try_again_and_nothing_of_the_request(
    category: ErrorCategory, code: str, retryable: bool
) -> None:
    frame = ErrorFrame("key sk-secret was wrong", exception=ValueError("sk-secret"), category=category)
    error = translated("pipecat.cartesia", frame)
    assert (error.code, error.retryable) == (code, retryable)
    assert "secret" not in str(error)


def test_a_vendor_that_asks_for_time_is_given_it() -> None:
    class _RefusedError(Exception):
        response = httpx.Response(429, headers={"Retry-After": "2"})

    frame = ErrorFrame("429", exception=_RefusedError(), category=ErrorCategory.RATE_LIMIT)
    assert translated("pipecat.openai", frame).retry_after_s == 2.0


# --- what is read -----------------------------------------------------------------------------------------------------
def test_pieces_are_put_together_and_the_last_may_change() -> None:
    reading = Reading()
    reading.begin(0.0)
    reading.fed()
    reading.heard("hello ", 0.5, final=True)
    reading.heard("the", 0.6, final=False)
    assert (reading.result().text, reading.result().confidence) == ("hello the", 0.5)
    reading.heard("there", 0.7, final=True)
    assert (reading.result().text, reading.result().confidence) == ("hello there", 1.0)


def test_it_is_whole_when_the_service_says_so() -> None:
    reading = Reading()
    reading.begin(0.0)
    assert reading.done_s(0.0) == 0.0, "nothing was said"
    reading.fed()
    assert reading.done_s(0.1) is None
    reading.asked(1.0)
    reading.heard("there", 1.1, final=True, last=True)
    assert reading.done_s(1.1) == 1.1
    reading.fed()
    assert reading.done_s(1.2) is None, "the user went on"


def test_it_is_whole_a_moment_after_the_last_piece_where_nobody_says_so() -> None:
    reading = Reading()
    reading.begin(0.0)
    reading.fed()
    reading.heard("hello", 0.9, final=True)
    reading.asked(1.0)
    assert reading.done_s(1.0) is None
    reading.heard("there", 1.1, final=True)
    assert reading.done_s(1.1) == pytest.approx(1.18)
    reading.confirmed(1.12)
    assert reading.done_s(1.12) == pytest.approx(1.14)


def test_what_comes_late_of_a_turn_that_nobody_read_is_not_part_of_the_next() -> None:
    reading = Reading()
    reading.begin(0.0)
    reading.fed()
    reading.begin(1.0)
    reading.heard("noise", 1.1, final=True)
    assert not reading.result().text
    reading.heard("hello", 1.4, final=True)
    assert reading.result().text == "hello"


def test_without_an_end_a_reading_that_may_change_will_not_do() -> None:
    reading = Reading()
    reading.begin(0.0)
    reading.fed()
    reading.asked(1.0)
    assert reading.will_do(answered=True), "there was nothing to hear"
    assert not reading.will_do(answered=False), "or nobody who heard"
    reading.heard("my", 1.1, final=False)
    assert not reading.will_do(answered=True)
    reading.heard("my name", 1.2, final=True)
    assert reading.will_do(answered=False)
