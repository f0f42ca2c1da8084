import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.speech.sentences import SentenceSplitter, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello. How are you?", ["Hello.", "How are you?"]),
        ("Dr. Smith is in.", ["Dr. Smith is in."]),
        ("It costs 3.50 today! Really.", ["It costs 3.50 today!", "Really."]),
        ('He said "Go." Then left.', ['He said "Go."', "Then left."]),
        ("  \n ... ", []),
        ("no end", ["no end"]),
        ("At 3 p.m. we close.", ["At 3 p.m. we close."]),
    ],
)
def test_text_is_cut_into_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_sentence_is_given_out_once_something_follows_it() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("Hello the") == []
    assert splitter.feed("re.") == []
    assert splitter.feed(" How") == ["Hello there."]
    assert splitter.flush() == ["How"]


def test_endless_text_is_cut_at_a_word() -> None:
    pieces = sentences("word " * 200)
    assert len(pieces) > 3
    assert all(len(piece) <= 240 for piece in pieces[:-1])
    assert set(" ".join(pieces).split()) == {"word"}


@given(st.lists(st.text(alphabet="ab. ?!\n", max_size=12), max_size=20))
def test_no_letter_is_lost_however_the_text_arrives(chunks: list[str]) -> None:
    splitter = SentenceSplitter()
    pieces = [piece for chunk in chunks for piece in splitter.feed(chunk)] + splitter.flush()
    letters = [c for c in "".join(chunks) if c in "ab"]
    assert [c for c in "".join(pieces) if c in "ab"] == letters
