"""What each field of an agent does in a call; a test holds this against the schema and against `plan.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Where = Literal["call", "record", "refused", "kept"]


@dataclass(frozen=True, slots=True)
class Effect:
    """One field.

    Attributes:
        where: `call` changes what the call is given, `record` how it is kept and shown, `refused` has no value but its
            default, `kept` is stored without effect, for the reason that `does` gives.
        other: A value that is not the default; the test shows its effect.
        beside: What else must be set for it to have one.
    """

    where: Where
    does: str
    other: Any = None
    beside: Mapping[str, Any] | None = None


_ROUTE = {"route_id": "sales", "condition_when_to_transfer": "wants sales", "phone_number": "15551234567"}
_NOISE = {"agent_specific_config": {"background_noise_id": "office_noise.wav"}}
_REDUCED = {"agent": {"apply_noise_reduction": True}}
_NUMBER = {"agent_specific_config": {"inbound_transfer_call_number": "+1 555 123 4567"}}

EFFECTS: Mapping[str, Effect] = {
    "agent.name": Effect("record", "Names the agent in listings and records.", "Other"),
    "agent.description": Effect("record", "Shown in listings.", "Other"),
    "agent.is_active": Effect("record", "An agent that is not active takes no calls.", False),
    "agent.recording_enabled": Effect("call", "Whether the call is recorded.", False),
    "agent.first_response_message": Effect("call", "Spoken first; without it the model begins.", "Hi {{name}}!"),
    "agent.apply_noise_reduction": Effect("call", "Spectral subtraction before detector and recogniser.", True),
    "agent.tts_filler_enabled": Effect("call", "Whether a slow model is covered by a few words.", False),
    "agent.hipaa_compliance": Effect("call", "No recording; what is said is not kept.", True),
    "agent.flow_id": Effect("call", "A flow of the account runs instead of the free prompt.", "greet"),
    "agent_model_config.model_name": Effect("call", "Which model answers.", "openai-gpt-4.1-mini"),
    "agent_model_config.temperature": Effect("call", "Of the model's answers.", 0.1),
    "agent_model_config.max_tokens": Effect("call", "Of one answer, with max_output_tokens.", 64),
    "agent_model_config.system_prompt": Effect("call", "What the model is told.", "Be brief."),
    "tts_config.tts_model_name": Effect("call", "Which voice model speaks.", "deepgram"),
    "tts_config.language": Effect("call", "What is spoken.", "en-GB"),
    "tts_config.voice_name": Effect(
        "call", "Which of its voices.", "thalia", {"tts_config": {"tts_model_name": "deepgram"}}
    ),
    "tts_config.voice_parameters": Effect("refused", "No voice here has settings but speed 1.0.", {"speed": 2}),
    "transcriber_config.transcriber_model_name": Effect("call", "Which recogniser listens.", "deepgram_nova_3"),
    "transcriber_config.language": Effect("call", "What is listened for.", "en-IN"),
    "vad_config.vad_provider_id": Effect("kept", "There is one detector.", None),
    "vad_config.threshold": Effect("call", "From what probability on it is speech.", 0.7),
    "vad_config.min_speech_duration_ms": Effect("call", "Shorter sounds are no speech.", 250),
    "vad_config.min_silence_duration_ms": Effect("call", "Shorter silences are part of a word.", 500),
    "vad_config.max_allowed_silence_duration": Effect("call", "Seconds of silence that end the call.", 30),
    "vad_config.sampling_rate": Effect("refused", "The detector works at 16000 Hz.", 8000),
    "inferencing_config": Effect("refused", "There is nothing to set.", {"any": 1}),
    "tools": Effect("refused", "No tools can be attached yet.", [{"id": "x"}]),
    "agent_specific_config.session_timeout": Effect("call", "No call is longer.", 60),
    "agent_specific_config.end_of_speech_timeout": Effect(
        "call", "Scales the waits for the end of a turn; 1.5 is as tuned.", 3.0
    ),
    "agent_specific_config.conversation_stop_words": Effect("kept", "Legacy; the contract ignores them.", ["bye"]),
    "agent_specific_config.llm_conversation_stop_enabled": Effect("call", "The model is told to end the call.", True),
    "agent_specific_config.auto_terminate_call": Effect("call", "The model may end the call.", True),
    "agent_specific_config.caller_gender_detection_enabled": Effect("refused", "Nothing here guesses it.", True),
    "agent_specific_config.max_output_tokens": Effect("call", "Of one answer.", 64),
    "agent_specific_config.timezone": Effect("call", "Date and time that the model is told.", "America/New_York"),
    "agent_specific_config.inbound_transfer_routes": Effect("call", "Whom the model may hand over to.", [_ROUTE]),
    "agent_specific_config.inbound_transfer_call_number": Effect("call", "One route, without the list.", "15551234567"),
    "agent_specific_config.inbound_transfer_trigger_condition": Effect("call", "When to take it.", "angry", _NUMBER),
    "agent_specific_config.time_to_cut": Effect("call", "So long before the end the caller is told.", 20),
    "agent_specific_config.message_of_cut": Effect("call", "What the caller is told then.", "Time is up."),
    "agent_specific_config.end_call_message_mode": Effect("call", "Or the model finds the words.", "context_aware"),
    "agent_specific_config.noise_cancellation_strength": Effect("call", "Of the noise reduction.", 90, _REDUCED),
    "agent_specific_config.background_noise_id": Effect("call", "Heard all the time.", "office_noise.wav"),
    "agent_specific_config.background_noise_volume": Effect("call", "Its volume in per cent.", 20, _NOISE),
}
