"""An agent's configuration, with its defaults and bounds (docs/kupe.md)."""

import re
import zoneinfo
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

MAX_PROMPT_CHARS = 64_000
PRINTABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""No control characters but ends of lines and tabs."""
_Text = Annotated[str, StringConstraints(max_length=2_000, pattern=PRINTABLE)]
_Code = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)]
_Prompt = Annotated[str, StringConstraints(max_length=MAX_PROMPT_CHARS, pattern=PRINTABLE)]
_Day_s = Annotated[int, Field(ge=1, le=86_400)]
_Percent = Annotated[int, Field(ge=0, le=100)]
LANGUAGE = r"^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,3}$"
_Language = Annotated[str, StringConstraints(pattern=LANGUAGE)]


class _Section(BaseModel):
    """Part of a configuration: what it does not know is left out."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class AgentSection(_Section):
    """Who the agent is.

    Attributes:
        flow_id: A flow of the account that it runs instead of a free prompt (extension).
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE, strip_whitespace=True)]
    description: _Text = ""
    is_active: bool = True
    recording_enabled: bool = True
    first_response_message: _Text | None = None
    apply_noise_reduction: bool = False
    tts_filler_enabled: bool = True
    hipaa_compliance: bool = False
    flow_id: Annotated[str, StringConstraints(max_length=200, pattern=PRINTABLE)] | None = None


class ModelSection(_Section):
    """What thinks."""

    model_name: _Code = "antiphon-default"
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    max_tokens: Annotated[int, Field(ge=1, le=32_000)] | None = None
    system_prompt: _Prompt = ""


class TtsSection(_Section):
    """What speaks."""

    tts_model_name: _Code = "antiphon-voice"
    language: _Language | None = None
    voice_name: _Code | None = None
    voice_parameters: dict[str, Any] = Field(default_factory=dict, max_length=20)


class TranscriberSection(_Section):
    """What hears."""

    transcriber_model_name: _Code = "antiphon-ears"
    language: _Language = "en"


class VadSection(_Section):
    """What tells speech from silence."""

    vad_provider_id: _Code = "silero"
    threshold: Annotated[float, Field(ge=0.1, le=0.95)] = 0.5
    min_speech_duration_ms: Annotated[int, Field(ge=32, le=2_000)] = 96
    min_silence_duration_ms: Annotated[int, Field(ge=32, le=3_000)] = 192
    max_allowed_silence_duration: Annotated[float, Field(ge=0, le=86_400)] = 0
    sampling_rate: int = 16_000


class TransferRoute(_Section):
    """Whom a call can be handed to."""

    route_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,64}$")] | None = None
    display_name: _Text | None = None
    enabled: bool = True
    condition_when_to_transfer: Annotated[str, StringConstraints(min_length=1, max_length=1_000, pattern=PRINTABLE)]
    phone_number: str

    @field_validator("phone_number")
    @classmethod
    def _digits(cls, value: str) -> str:
        digits = re.sub(r"\D", "", value)
        if not 3 <= len(digits) <= 15:
            raise ValueError("a phone number has 3 to 15 digits")
        return digits


class SpecificSection(_Section):
    """How the agent behaves in a call."""

    session_timeout: _Day_s = 180
    end_of_speech_timeout: Annotated[float, Field(ge=0, le=60)] = 1.5
    conversation_stop_words: Annotated[list[_Text], Field(max_length=100)] = []
    llm_conversation_stop_enabled: bool = False
    auto_terminate_call: bool = False
    caller_gender_detection_enabled: bool = False
    max_output_tokens: Annotated[int, Field(ge=1, le=32_000)] = 370
    timezone: Annotated[str, StringConstraints(max_length=64)] = "Asia/Kolkata"
    inbound_transfer_routes: Annotated[list[TransferRoute], Field(max_length=20)] = []
    inbound_transfer_call_number: Annotated[str, StringConstraints(max_length=40)] | None = None
    inbound_transfer_trigger_condition: _Text | None = None
    time_to_cut: _Day_s | None = None
    message_of_cut: _Text | None = None
    end_call_message_mode: Literal["fixed", "context_aware"] = "fixed"
    noise_cancellation_strength: _Percent = 50
    background_noise_id: Annotated[str, StringConstraints(max_length=200, pattern=PRINTABLE)] | None = None
    background_noise_volume: _Percent = 100

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in zoneinfo.available_timezones():
            raise ValueError("no IANA time zone of this name")
        return value

    @field_validator("inbound_transfer_routes")
    @classmethod
    def _named(cls, routes: list[TransferRoute]) -> list[TransferRoute]:
        """Name those that have no name; no two have the same."""
        taken = {route.route_id for route in routes if route.route_id}
        if len(taken) < sum(route.route_id is not None for route in routes):
            raise ValueError("two routes have one route_id")
        free = (f"route_{number}" for number in range(1, 1_000) if f"route_{number}" not in taken)
        return [route.model_copy(update={"route_id": route.route_id or next(free)}) for route in routes]


class Config(_Section):
    """A whole configuration, as it is kept."""

    agent: AgentSection
    agent_model_config: ModelSection = Field(default_factory=ModelSection)
    tts_config: TtsSection = Field(default_factory=TtsSection)
    transcriber_config: TranscriberSection = Field(default_factory=TranscriberSection)
    vad_config: VadSection = Field(default_factory=VadSection)
    inferencing_config: dict[str, Any] = Field(default_factory=dict)
    tools: list[Any] = Field(default_factory=list)
    agent_specific_config: SpecificSection = Field(default_factory=SpecificSection)
