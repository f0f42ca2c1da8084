import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.speech.sentences import SentenceSplitter, sentences


def streamed(text: str, chars: int, *, eager: bool = True, language: str = "en") -> list[str]:
    splitter = SentenceSplitter(language=language, eager=eager)
    bits = [text[at : at + chars] for at in range(0, len(text), chars)]
    return [piece for bit in bits for piece in splitter.feed(bit)] + splitter.flush()


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
        ("We close at 3 p.m. Then we rest.", ["We close at 3 p.m.", "Then we rest."]),
        ("At 6 p.m. EST we rest. Bye.", ["At 6 p.m. EST we rest.", "Bye."]),
        ("Fruit, e.g. apples, etc. is good.", ["Fruit, e.g. apples, etc. is good."]),
        (
            "Mail a.b@example.com. Or see https://x.com/a.b now.",
            ["Mail a.b@example.com.", "Or see https://x.com/a.b now."],
        ),
        ("Pay $1,000.50 by 10.30. Thanks.", ["Pay $1,000.50 by 10.30.", "Thanks."]),
        ("Well... let me see. Wait... What?", ["Well... let me see.", "Wait...", "What?"]),
        ("1. Open it. 2. Tap it.", ["1. Open it.", "2. Tap it."]),
        ("It is no. 5. He said no. Then left.", ["It is no. 5.", "He said no.", "Then left."]),
        ("J. K. Rowling wrote it. So do I. And you?", ["J. K. Rowling wrote it.", "So do I.", "And you?"]),
        ("On Dec. 24 we close. In the Sun. Then.", ["On Dec. 24 we close.", "In the Sun.", "Then."]),
        ("The U.S. Navy. Main St. is here.", ["The U.S. Navy.", "Main St. is here."]),
        ("我很好。你呢？好的。", ["我很好。", "你呢？", "好的。"]),
        ("one\n\ntwo", ["one", "two"]),
    ],
)
@pytest.mark.parametrize("chars", [1, 3, 1000])
def test_text_is_cut_into_sentences(text: str, expected: list[str], chars: int) -> None:
    assert streamed(text, chars, eager=False) == expected
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sure, I can help. Is it $3.50, or 1,000?", ["Sure,", "I can help.", "Is it $3.50, or 1,000?"]),
        ("Of course! I will.", ["Of course!", "I will."]),
        ("I looked at your account, and it is fine.", ["I looked at your account,", "and it is fine."]),
        ("I saw it and, honestly, it is fine.", ["I saw it and, honestly,", "it is fine."]),
        ("Apples, pears, plums.", ["Apples, pears, plums."]),
        ("It is December 24, 2026, at noon — sharp.", ["It is December 24, 2026, at noon —", "sharp."]),
        ("He (a man, I am sure, of honour) left, then came.", ["He (a man, I am sure, of honour) left,", "then came."]),
        ("There are 1,000 points, take them.", ["There are 1,000 points,", "take them."]),
        ("No, Dr. Smith is out.", ["No,", "Dr. Smith is out."]),
        ("Here is what I found: two rooms.", ["Here is what I found:", "two rooms."]),
        ("Hello there. One, two.", ["Hello there.", "One, two."]),
    ],
)
@pytest.mark.parametrize("chars", [1, 4, 1000])
def test_the_first_piece_of_an_answer_may_be_a_clause(text: str, expected: list[str], chars: int) -> None:
    assert streamed(text, chars) == expected


def test_an_ordinal_with_a_dot_ends_no_sentence_where_ordinals_have_dots() -> None:
    assert sentences("Am 24. Dezember ist z. B. zu. Gut.", "de") == ["Am 24. Dezember ist z. B. zu.", "Gut."]


def test_a_sentence_is_given_out_once_something_follows_it() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("Hello the") == []
    assert splitter.feed("re.") == []
    assert splitter.feed(" How") == ["Hello there."]
    assert splitter.flush() == ["How"]


def test_a_clause_is_given_out_while_the_sentence_is_still_written() -> None:
    splitter = SentenceSplitter(eager=True)
    assert splitter.feed("Sure, I") == ["Sure,"]
    assert splitter.feed(" can do that, of course, and") == [], "only the first piece"


def test_endless_text_is_cut_at_a_word() -> None:
    pieces = sentences("word " * 200)
    assert len(pieces) > 3
    assert all(len(piece) <= 240 for piece in pieces[:-1])
    assert set(" ".join(pieces).split()) == {"word"}


def test_a_long_sentence_is_cut_where_one_breathes() -> None:
    assert sentences("word " * 30 + "then, " + "word " * 60)[0].endswith("then,")


@given(st.lists(st.text(alphabet="abA. ,?!\n1(", max_size=12), max_size=20), st.booleans())
def test_no_letter_is_lost_however_the_text_arrives(chunks: list[str], eager: bool) -> None:
    splitter = SentenceSplitter(eager=eager)
    pieces = [piece for chunk in chunks for piece in splitter.feed(chunk)] + splitter.flush()
    assert [c for c in "".join(pieces) if c in "abA1"] == [c for c in "".join(chunks) if c in "abA1"]


@given(st.lists(st.sampled_from(["Sure, ", "e.g. ", "5 p.m. ", "EST ", "No. 5", ". ", "we go", "...", " ", "\n"])))
def test_the_pieces_do_not_depend_on_how_the_text_arrives(words: list[str]) -> None:
    text = "".join(words)[:200]
    assert streamed(text, 1) == streamed(text, 7) == streamed(text, 1000)


@pytest.mark.parametrize("bit", ["e.g. ", "a", "a, ", ". ", "1. ", "\n", " ", "(a, ", "p.m. "])
@pytest.mark.timeout(30)
def test_a_flood_takes_no_longer_than_its_length(bit: str) -> None:
    sentences(bit * 10_000)
