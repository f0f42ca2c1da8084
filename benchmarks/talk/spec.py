"""What a server under measurement is told, ours or a peer's. Standard library only: peers read it too."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """How to answer.

    Attributes:
        tape: Folder written by `tape.write_tape`.
        sentence: What the language model says.
        sentence_s: How long the voice takes to say it.
        strategy: A peer's way of finding the end of a turn, by its own name.
        wait_s: A parameter of that.
        floor_factor: Of our waits, what the shortest is multiplied by.
        ceiling_factor: The same for the longest.
    """

    port: int
    tape: str
    sentence: str
    sentence_s: float
    strategy: str = ""
    wait_s: float = 0.0
    floor_factor: float = 1.0
    ceiling_factor: float = 1.0
