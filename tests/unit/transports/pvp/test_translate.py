from types import MappingProxyType
from typing import Any

import pytest

from flows.actions import FlowEnded, ShowArtifact, StateEntered, TransitionBlocked, VariableSet
from kit.errors import ProtocolError
from pipeline.frames.audio import AudioIn, AudioOut
from pipeline.frames.control import (
    CallFailed,
    DtmfPressed,
    Interrupted,
    PeerGone,
    RateAnnounced,
    Screen,
    Span,
    StatusChanged,
    UiAction,
    Waterfall,
)
from pipeline.frames.text import Caption
from pipeline.ports import Frame
from transports.pvp import messages
from transports.pvp.codec import encode_server
from transports.pvp.messages import Audio, ClientConfig, Dtmf, UiEvent
from transports.pvp.translate import to_frame, to_message

SAID: list[tuple[Frame, messages.ServerMessage | None]] = [
    (AudioOut(b"\1\2", 0, 1), Audio(b"\1\2")),
    (AudioOut(b"", 0, 1), None),
    (Caption("c", "user", "hi", is_final=False), messages.Transcript("c", "user", "hi", is_final=False)),
    (StatusChanged("speaking"), messages.Status("speaking")),
    (Interrupted(4), messages.Interrupted(4)),
    (Interrupted(4, "caption"), messages.Interrupted(4, "caption")),
    (Waterfall(1, 180.0, (), 300.0), messages.Waterfall(1, 180.0, (), 300.0)),
    (
        Waterfall(1, 480.0, (Span("stt", 1.0, 2.0),)),
        messages.Waterfall(1, 480.0, (messages.WaterfallSpan("stt", 1.0, 2.0),)),
    ),
    (CallFailed("stt.failed", "I cannot hear."), messages.Error("I cannot hear.", "stt.failed")),
    (PeerGone(), None),
    (
        Screen(StateEntered("f", "s", {"v": 1}, {"artifact_type": "card"}, "Hello", ("go",), (1, 3))),
        messages.FlowState("f", "s", {"artifact_type": "card"}, {"v": 1}, ("go",), "Hello", messages.Progress(1, 3)),
    ),
    (Screen(VariableSet("f", "k", None)), messages.FlowVariable("f", "k", None)),
    (
        Screen(TransitionBlocked("f", "a", "b", "guard_failed", "why")),
        messages.TransitionBlocked("f", "a", "b", "guard_failed", "why"),
    ),
    (Screen(FlowEnded("f", "completed", {})), messages.FlowEnd("f", "completed", {})),
]


@pytest.mark.parametrize(("frame", "message"), SAID, ids=lambda each: type(each).__name__)
def test_a_frame_is_said_in_the_words_of_the_wire(frame: Frame, message: messages.ServerMessage | None) -> None:
    assert to_message(frame) == message


def test_every_artifact_has_an_id_of_its_own() -> None:
    shown = [to_message(Screen(ShowArtifact("card", {"title": "T"}))) for _ in range(2)]
    first, second = (message for message in shown if isinstance(message, messages.Artifact))
    assert first.id != second.id
    assert (first.artifact_type, first.payload) == ("card", {"title": "T"})


def test_read_only_variables_are_written_as_objects() -> None:
    state = StateEntered("f", "s", MappingProxyType({"v": MappingProxyType({"w": (1, 2)})}))
    message = to_message(Screen(state))
    assert message is not None
    assert '"variables":{"v":{"w":[1,2]}}' in str(encode_server(message))


def test_sound_and_screen_are_handed_to_the_call() -> None:
    assert to_frame(Audio(b"\0\0")) == AudioIn(b"\0\0")
    assert to_frame(UiEvent("go", {"a": 1}, "f")) == UiAction("go", {"a": 1})
    assert to_frame(Dtmf("1#")) == DtmfPressed("1#")


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 24_000, 44_100, 48_000, 16_000.0])
def test_a_known_rate_is_announced(rate_hz: float) -> None:
    assert to_frame(ClientConfig(rate_hz, 1)) == RateAnnounced(int(rate_hz))


def test_a_config_without_a_rate_says_nothing() -> None:
    assert to_frame(ClientConfig()) is None


@pytest.mark.parametrize(
    ("rate_hz", "channels"), [(11_025, 1), ("16000", 1), (True, 1), ([16_000], 1), (16_000, 2), (16_000, "mono")]
)
def test_other_rates_and_channels_are_refused(rate_hz: Any, channels: Any) -> None:
    with pytest.raises(ProtocolError) as refusal:
        to_frame(ClientConfig(rate_hz, channels))
    assert refusal.value.code == "audio.unsupported_rate"
