"""Words, as captions."""

from dataclasses import dataclass
from typing import Literal

from pipeline.frames.base import ControlFrame


@dataclass(frozen=True, slots=True)
class Caption(ControlFrame):
    """What one side said. A caption with an `id` seen before replaces the earlier one.

    Attributes:
        is_final: False for a partial transcript that may change.
        interrupted: The bot was cut off; `text` is what was heard.
    """

    id: str
    role: Literal["user", "assistant"]
    text: str
    is_final: bool = True
    interrupted: bool = False
