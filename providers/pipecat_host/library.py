"""All that is taken from pipecat, in one place; `tests/unit/providers/test_pipecat_library.py` holds it to its version.

Importing this costs 1.5 s and 60 MB. Two things that pipecat does to a process are undone: its log, which would hold
what is said in calls, and on Python 3.11 its own `asyncio.wait_for` for everybody.
"""

import asyncio
import warnings

from loguru import logger

logger.disable("pipecat")
_wait_for = asyncio.wait_for

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it imports `audioop`
    from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
    from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
    from pipecat.clocks.base_clock import BaseClock
    from pipecat.frames.frames import (
        CancelFrame,
        ErrorFrame,
        Frame,
        InputAudioRawFrame,
        InterimTranscriptionFrame,
        InterruptionFrame,
        LLMContextFrame,
        LLMFullResponseEndFrame,
        LLMTextFrame,
        LLMUpdateSettingsFrame,
        MetricsFrame,
        StartFrame,
        STTUpdateSettingsFrame,
        TranscriptionFrame,
        TTSAudioRawFrame,
        TTSSpeakFrame,
        TTSStoppedFrame,
        TTSTextFrame,
        UserStoppedSpeakingFrame,
        VADUserStartedSpeakingFrame,
        VADUserStoppedSpeakingFrame,
    )
    from pipecat.metrics.metrics import LLMUsageMetricsData
    from pipecat.processors.aggregators.llm_context import LLMContext
    from pipecat.processors.frame_processor import FrameDirection, FrameProcessor, FrameProcessorSetup
    from pipecat.services.ai_service import AIService
    from pipecat.services.llm_service import LLMService
    from pipecat.services.openai.base_llm import BaseOpenAILLMService
    from pipecat.services.stt_service import SegmentedSTTService, STTService
    from pipecat.services.tts_service import TTSService
    from pipecat.services.websocket_service import WebsocketService
    from pipecat.utils.asyncio.task_manager import TaskManager
    from pipecat.utils.errors import ErrorCategory, classify_http_status_code

asyncio.wait_for = _wait_for

VERSION = "1.14.0"  # whose insides are known here

__all__ = [
    "VERSION",
    "AIService",
    "BaseClock",
    "BaseOpenAILLMService",
    "CancelFrame",
    "ErrorCategory",
    "ErrorFrame",
    "Frame",
    "FrameDirection",
    "FrameProcessor",
    "FrameProcessorSetup",
    "FunctionSchema",
    "InputAudioRawFrame",
    "InterimTranscriptionFrame",
    "InterruptionFrame",
    "LLMContext",
    "LLMContextFrame",
    "LLMFullResponseEndFrame",
    "LLMService",
    "LLMTextFrame",
    "LLMUpdateSettingsFrame",
    "LLMUsageMetricsData",
    "MetricsFrame",
    "STTService",
    "STTUpdateSettingsFrame",
    "SegmentedSTTService",
    "StartFrame",
    "TTSAudioRawFrame",
    "TTSService",
    "TTSSpeakFrame",
    "TTSStoppedFrame",
    "TTSTextFrame",
    "TaskManager",
    "ToolsSchema",
    "TranscriptionFrame",
    "UserStoppedSpeakingFrame",
    "VADUserStartedSpeakingFrame",
    "VADUserStoppedSpeakingFrame",
    "WebsocketService",
    "classify_http_status_code",
]
