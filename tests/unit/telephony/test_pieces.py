from hypothesis import given
from hypothesis import strategies as st

from telephony.pieces import TAIL_S, Pieces

_FRAME = bytes(range(8))


def _pieces() -> Pieces:
    return Pieces(size=32, piece_s=0.08, silence=b"\xff")


def test_four_frames_become_one_piece() -> None:
    pieces = _pieces()
    assert [pieces.add(_FRAME, 1, 0.02 * number) for number in range(4)] == [[], [], [], [_FRAME * 4]]
    assert pieces.deadline_s is None


def test_the_last_piece_is_filled_with_silence_a_little_after_it_should_be_full() -> None:
    pieces = _pieces()
    pieces.add(_FRAME, 1, 5.0)
    assert pieces.deadline_s == 5.0 + 0.08 + TAIL_S
    assert pieces.tail() == _FRAME + b"\xff" * 24
    assert pieces.deadline_s is None


def test_a_new_turn_drops_what_the_last_one_left() -> None:
    pieces = _pieces()
    pieces.add(_FRAME, 1, 0.0)
    pieces.add(_FRAME, 2, 1.0)
    assert pieces.deadline_s == 1.0 + 0.08 + TAIL_S
    assert pieces.tail() == _FRAME + b"\xff" * 24


@given(st.lists(st.binary(min_size=1, max_size=100), max_size=20))
def test_nothing_is_lost_or_added_in_mid_utterance(sounds: list[bytes]) -> None:
    pieces = _pieces()
    whole = b"".join(piece for sound in sounds for piece in pieces.add(sound, 1, 0.0))
    assert len(whole) % 32 == 0
    waits = pieces.deadline_s is not None
    said = b"".join(sounds)
    assert waits == bool(len(said) % 32)
    rest = pieces.tail() if waits else b""
    assert (whole + rest)[: len(said)] == said
    assert set((whole + rest)[len(said) :]) <= {0xFF}
