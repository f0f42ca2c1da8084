"""From the frames of a call to the words of PVP, and back."""

from typing import assert_never

from flows.actions import FlowEnded, ScreenAction, ShowArtifact, StateEntered, VariableSet
from flows.actions import TransitionBlocked as Blocked
from kit.errors import ProtocolError
from kit.ids import uuid7
from pipeline.frames.audio import AudioIn, AudioOut
from pipeline.frames.control import CallFailed, DtmfPressed, RateAnnounced, Screen, StatusChanged, UiAction
from pipeline.frames.control import Interrupted as InterruptedFrame
from pipeline.frames.control import Waterfall as WaterfallFrame
from pipeline.frames.text import Caption
from pipeline.ports import Frame
from transports.pvp.messages import (
    Artifact,
    Audio,
    ClientConfig,
    Dtmf,
    Error,
    FlowEnd,
    FlowState,
    FlowVariable,
    Interrupted,
    Progress,
    ServerMessage,
    Status,
    Transcript,
    TransitionBlocked,
    UiEvent,
    Waterfall,
    WaterfallSpan,
)

RATES_IN_HZ = frozenset({8_000, 16_000, 24_000, 44_100, 48_000})


def to_message(frame: Frame) -> ServerMessage | None:
    """Say a frame in PVP; None for frames that only go the other way."""
    match frame:
        case AudioOut():
            return Audio(frame.pcm) if frame.pcm else None
        case Caption():
            return Transcript(frame.id, frame.role, frame.text, frame.is_final, frame.interrupted)
        case StatusChanged():
            return Status(frame.status)
        case Screen():
            return _screen(frame.action)
        case InterruptedFrame():
            return Interrupted(frame.generation, frame.caption_id)
        case WaterfallFrame():
            spans = tuple(WaterfallSpan(span.name, span.start_ms, span.end_ms) for span in frame.spans)
            return Waterfall(frame.turn, frame.gap_ms, spans, frame.saved_ms, frame.reasons)
        case CallFailed():
            return Error(frame.message, frame.code)
        case _:
            return None


def to_frame(message: Audio | ClientConfig | UiEvent | Dtmf) -> Frame | None:
    """Hand a client's message to the call; None if it says nothing.

    Raises:
        ProtocolError: `audio.unsupported_rate`.
    """
    match message:
        case Audio():
            return AudioIn(message.pcm)
        case UiEvent():
            return UiAction(message.action, message.data)
        case Dtmf():
            return DtmfPressed(message.digits)
        case ClientConfig():
            return _rate(message)
        case _:
            assert_never(message)


def _rate(config: ClientConfig) -> RateAnnounced | None:
    if config.channels not in (None, 1):
        raise ProtocolError("channels must be 1", code="audio.unsupported_rate")
    if config.sample_rate is None:
        return None
    if not isinstance(config.sample_rate, int | float) or config.sample_rate not in RATES_IN_HZ:
        rates = ", ".join(str(rate_hz) for rate_hz in sorted(RATES_IN_HZ))
        raise ProtocolError(f"sample_rate must be one of {rates}", code="audio.unsupported_rate")
    return RateAnnounced(int(config.sample_rate))


def _screen(action: ScreenAction) -> ServerMessage:
    match action:
        case StateEntered():
            return FlowState(
                action.flow_id,
                action.state,
                action.artifact,
                action.variables,
                action.available_actions,
                action.prompt,
                None if action.progress is None else Progress(*action.progress),
            )
        case ShowArtifact():
            return Artifact(uuid7(), action.artifact_type, action.payload)
        case VariableSet():
            return FlowVariable(action.flow_id, action.key, action.value)
        case Blocked():
            return TransitionBlocked(
                action.flow_id,
                action.from_state,
                action.attempted_target,
                action.reason,
                action.detail,
                action.variables,
            )
        case FlowEnded():
            return FlowEnd(action.flow_id, action.reason, action.variables)
        case _:
            assert_never(action)
