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
        wait_factor: What our waits for the end of a turn are multiplied by.
    """

    port: int
    tape: str
    sentence: str
    sentence_s: float
    strategy: str = ""
    wait_s: float = 0.0
    wait_factor: float = 1.0
