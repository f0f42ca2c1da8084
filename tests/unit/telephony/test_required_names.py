"""Every test that the specification names (C.2) and that concerns calls, sockets and sound exists under its name."""

import ast
from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[2]
_TABLE = {
    "unit/telephony/twilio/test_inbound.py": (
        "twilio_connect_not_start",
        "twilio_no_query_in_stream_url",
        "twilio_clear_echoes_marks",
        "twilio_redirect_reopens_stream_keeps_context",
        "second_socket_same_token_refused",
        "zombie_reaped",
    ),
    "unit/telephony/twilio/test_signature.py": ("twilio_signature_vectors", "twilio_signature_behind_proxy"),
    "unit/telephony/twilio/test_control.py": ("twilio_hangup_404_is_success",),
    "database/control_api/calls/test_placing.py": ("twilio_callbacks_out_of_order",),
    "database/server/test_phone_events.py": ("twilio_async_amd_late_verdict",),
    "unit/telephony/test_codecs.py": ("exotel_both_casings", "exotel_media_format_overrides_default"),
    "unit/telephony/exotel/test_routes.py": ("exotel_dynamic_url_maps_number", "exotel_passthru_three_encodings"),
    "unit/telephony/exotel/test_rest.py": ("exotel_lost_callback_polled",),
    "unit/telephony/asterisk/test_ari.py": ("asterisk_busy_noanswer_causes",),
    "unit/telephony/test_carrier_ways.py": (
        "exotel_chunk_rules_each_rate",
        "exotel_close_is_hangup",
        "asterisk_mark_lost_on_flush",
        "asterisk_xoff_backpressure",
        "asterisk_65500_split",
        "audiosocket_silence_timer_without_frames",
    ),
    "unit/telephony/test_phone_calls.py": (
        "bargein_truncates_history",
        "goodbye_fully_played",
        "tone_10min_zero_glitches",
    ),
}


@pytest.mark.parametrize(("file", "name"), [(file, name) for file, names in _TABLE.items() for name in names])
def test_the_test_is_there_and_is_run(file: str, name: str) -> None:
    module = ast.parse((_TESTS / file).read_text())
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    marks = [ast.unparse(mark) for mark in functions[f"test_{name}"].decorator_list]
    assert not [mark for mark in marks if "skip" in mark or "xfail" in mark]
