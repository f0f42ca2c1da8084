"""What hosting relies on of pipecat's insides: a new version that changes it must fail here, and not in a call.

On a bump: read what these tests name in the new version, run tests/e2e/vendors/test_hosted_*.py, then change `VERSION`.
"""

import asyncio
import dataclasses
import inspect
from importlib.metadata import version
from typing import Any

import pytest

from providers.pipecat_host import library


def arguments(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def source(thing: Any) -> str:
    return inspect.getsource(thing)


def test_the_installed_version_is_the_one_that_is_known() -> None:
    assert version("pipecat-ai") == library.VERSION


def test_its_import_leaves_the_process_as_it_was() -> None:
    assert asyncio.wait_for.__module__ == "asyncio.tasks"


def test_its_log_is_off(capfd: pytest.CaptureFixture[str]) -> None:
    library.AIService().link(library.AIService())  # which it logs
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("frame", "fields"),
    [
        (library.InputAudioRawFrame, {"audio", "sample_rate", "num_channels"}),
        (library.TTSAudioRawFrame, {"audio", "sample_rate"}),
        (library.TTSSpeakFrame, {"text", "append_to_context"}),
        (library.TTSTextFrame, {"text", "pts"}),
        (library.TranscriptionFrame, {"text", "finalized"}),
        (library.InterimTranscriptionFrame, {"text"}),
        (library.LLMContextFrame, {"context"}),
        (library.LLMTextFrame, {"text"}),
        (library.MetricsFrame, {"data"}),
        (library.ErrorFrame, {"category", "exception"}),
        (library.LLMUpdateSettingsFrame, {"delta"}),
        (library.STTUpdateSettingsFrame, {"delta"}),
    ],
)
def test_frames_have_the_fields_that_are_read(frame: Any, fields: set[str]) -> None:
    assert fields <= {each.name for each in dataclasses.fields(frame)}


def test_a_processor_is_set_up_and_fed_as_it_was() -> None:
    names = {each.name for each in dataclasses.fields(library.FrameProcessorSetup)}
    assert names >= {
        "clock",
        "task_manager",
        "pipeline_worker",
        "audio_in_sample_rate",
        "audio_out_sample_rate",
        "enable_usage_metrics",
    }
    assert arguments(library.FrameProcessor.queue_frame) == ["self", "frame", "direction", "callback"]
    assert "await callback(self, frame, direction)" in source(library.FrameProcessor), "once it is seen to"
    assert "processor._prev = self" in source(library.FrameProcessor.link)
    pushing = source(library.FrameProcessor)
    assert "self._next.queue_frame(frame, direction)" in pushing
    assert "self._prev.queue_frame(frame, direction)" in pushing
    assert isinstance(library.FrameProcessor.is_usable, property)


def test_tasks_can_be_counted() -> None:
    assert arguments(library.TaskManager.current_tasks) == ["self"]


def test_sockets_are_opened_in_one_place() -> None:
    assert arguments(library.WebsocketService._websocket_connect) == ["self", "uri", "kwargs"]
    constructor = source(library.WebsocketService.__init__)
    assert "self._reconnect_on_error =" in constructor
    assert "self._ws_close_timeout =" in constructor


def test_a_voice_says_what_it_tells() -> None:
    constructor = source(library.TTSService.__init__)
    assert "self._push_text_frames: bool" in constructor, "a voice without it times its words"
    assert "self._pause_frame_processing: bool" in constructor, "a voice with it does not label its sound"
    assert "start(self.get_clock().get_time())" in source(library.TTSService.start_word_timestamps)


def test_a_recogniser_tells_when_it_has_read_all() -> None:
    assert arguments(library.STTService.confirm_finalize) == ["self"]
    assert arguments(library.STTService.run_stt) == ["self", "audio"]
    assert "self._can_reconnect = True" in source(library.STTService._maybe_reconnect_on_user_stopped_speaking)
    assert "self.run_stt(audio)" in source(library.SegmentedSTTService._segment_task_handler)


def test_a_model_runs_tools_in_one_place() -> None:
    assert arguments(library.LLMService.run_function_calls) == ["self", "function_calls"]
    assert "await self.run_function_calls(function_calls)" in source(library.BaseOpenAILLMService._process_context)


def test_errors_have_the_causes_that_are_known() -> None:
    assert {each.name for each in library.ErrorCategory} == {
        "UNKNOWN",
        "AUTHENTICATION",
        "AUTHORIZATION",
        "INVALID_REQUEST",
        "RATE_LIMIT",
        "QUOTA",
        "CONNECTIVITY",
        "SERVER",
        "APPLICATION",
    }
