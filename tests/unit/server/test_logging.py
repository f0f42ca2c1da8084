import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from server.logging import configure


@pytest.fixture(autouse=True)
def leave_no_trace() -> Iterator[None]:
    """Put logging back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    levels = {name: logging.getLogger(name).level for name in ("uvicorn", "uvicorn.error", "uvicorn.access")}
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name, each in levels.items():
        logging.getLogger(name).setLevel(each)
    structlog.reset_defaults()


def _lines(level: str = "info") -> tuple[io.StringIO, structlog.stdlib.BoundLogger]:
    stream = io.StringIO()
    configure(level, as_json=True, stream=stream)
    return stream, structlog.get_logger("test")


def test_a_line_carries_its_fields_and_the_call() -> None:
    stream, log = _lines()
    with structlog.contextvars.bound_contextvars(call_id="c1"):
        log.info("turn_ended", gap_ms=312)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["gap_ms"], line["call_id"], line["level"]) == ("turn_ended", 312, "c1", "info")


def test_secrets_are_blotted_out() -> None:
    stream, log = _lines()
    log.info("session_made", token="st_secret", authorization="Bearer x")
    assert "st_secret" not in stream.getvalue()
    assert "Bearer" not in stream.getvalue()


def test_what_is_below_the_level_is_not_logged() -> None:
    stream, log = _lines("warning")
    log.info("quiet")
    assert stream.getvalue() == ""


def test_uvicorn_does_not_log_addresses_of_websockets_even_when_debugging() -> None:
    stream, _ = _lines("debug")
    logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "127.0.0.1", "/v1/ws/st_secret")
    assert stream.getvalue() == ""


def test_a_crash_of_a_library_comes_out_with_its_traceback() -> None:
    stream, _ = _lines()
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    assert "ZeroDivisionError" in stream.getvalue()


def test_text_lines_are_for_people() -> None:
    stream = io.StringIO()
    configure("info", as_json=False, stream=stream)
    structlog.get_logger("test").info("draining", live_calls=2)
    assert "draining" in stream.getvalue()
    assert "live_calls=2" in stream.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_holds_no_values_of_variables(as_json: bool) -> None:
    stream = io.StringIO()
    configure("info", as_json=as_json, stream=stream)

    def crash(secret: str) -> None:
        raise ZeroDivisionError(len(secret))

    try:
        crash("correct " + "horse")
    except ZeroDivisionError:
        structlog.get_logger("test").exception("crashed")
    assert "ZeroDivisionError" in stream.getvalue()
    assert "correct horse" not in stream.getvalue()
