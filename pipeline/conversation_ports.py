"""What a conversation is had with."""

from collections.abc import Callable
from dataclasses import dataclass

from kit.clock import Clock
from pipeline.carrier_acts import CarrierActs
from pipeline.dialogue import Dialogue
from pipeline.outbox import Outbox
from pipeline.turn_reader import TurnReader
from pipeline.voice import Voice


@dataclass(frozen=True, slots=True)
class ConversationPorts:
    """The parts of a call that a conversation uses.

    Attributes:
        spoken_s: When a sample of the caller was spoken, on the loop's clock.
    """

    reader: TurnReader
    voice: Voice
    dialogue: Dialogue
    leg: Outbox
    clock: Clock
    spoken_s: Callable[[int], float]
    acts: CarrierActs
    on_emitted: Callable[[str], None]
