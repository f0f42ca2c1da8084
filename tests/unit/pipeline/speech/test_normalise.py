import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import CONVERTER_CLASSES

from pipeline.speech.normalise import locale_of, normalise
from pipeline.speech.numbers import cardinal, ordinal, year
from pipeline.speech.rule import Locale

ATOMS = [
    "$", "€", "4.50", "1,200", "24", "12", "2026", "/", "-", "–", ":", "30", " ", "a", "Dr.", "St.", "p.m.", "AB",
    "e.g.", "@", "example", ".com", "http://", "**", "_", "`", "[", "](", ")", "(", "<b>", "</b>", "#", "%", "km", "°C",
    "'", '"', "½", "²", "Henry", "IV", "😊", "\n", "…", "...", "+", "=", "&", "~", "*", "x", "v", "0", "007", "Dec.",
    "Mon", "th", "s", "k", "million", "هذا", "你好", "१२", "\u200d", "\ufe0f", "code is", "I", "No.", "!", ",", "U.S.",
]  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(ATOMS), st.text(max_size=3)), max_size=16).map("".join)
languages = st.sampled_from(["en", "en-GB", "de", "fr", "it", "hi", "ar", "ja", "cs", "tlh", ""])

# Said as they are, or read by one rule each; joined by blanks, a text as a model writes it.
WORDS = [
    "$4.50", "€1,200", "the", "24", "December", "3:30 PM", "2026-12-24", "5 km", "20%", "ada@example.com", "555-1234",
    "Dr. Smith", "apples,", "AB12", "1/2", "the 3rd", "don't", "PDF", "1980s", "it is.", "v2.1", "and", "we",
]  # fmt: skip


@given(texts, languages)
def test_any_text_is_said_and_nothing_raises(text: str, language: str) -> None:
    spoken = normalise(text, language)
    assert spoken.shown == text
    assert any(map(str.isalnum, spoken.said)) or not any(map(str.isalnum, text)), "what has words is heard"


@given(texts, languages, st.integers(0, 400))
def test_what_was_heard_is_a_beginning_of_what_was_written(text: str, language: str, heard_chars: int) -> None:
    spoken = normalise(text, language)
    kept = spoken.shown_until(heard_chars)
    assert text.split()[: len(kept.split())] == kept.split(), "whole words of the original, from its beginning"
    if spoken.said:
        assert spoken.shown_until(len(spoken.said)).split() == text.split(), "all of it in the end"
    lengths = [len(spoken.shown_until(chars)) for chars in range(len(spoken.said) + 1)]
    assert lengths == sorted(lengths)


@given(texts, st.sampled_from(["en", "en-GB"]))
def test_english_keeps_no_digit_and_no_sign(text: str, language: str) -> None:
    said = normalise(text, language).said
    assert not re.search(r"[0-9$€£%#@&+=<>*_~\[\]{}|^°\u2600-\u27bf]", said), said
    assert "  " not in said
    assert said == said.strip()


@given(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), languages)
def test_what_is_said_is_said_the_same_again(text: str, language: str) -> None:
    said = normalise(text, language).said
    assert normalise(said, language).said == said, "a voice that normalises by itself does no harm"


@pytest.mark.parametrize("language", sorted(CONVERTER_CLASSES))
def test_no_language_of_the_library_breaks_on_a_number(language: str) -> None:
    locale = locale_of(language)
    for number in (0, 1, 3, 11, 20, 100, 999, 1998, 2026, 10**6, 10**9 + 7, 10**15):
        for read in (cardinal, ordinal, year):
            assert read(number, locale) != ""
    assert normalise("Test 3.50 und 1.234,5 und 12 % am 3. 4.", language).said


def test_a_tag_is_read_for_language_and_region() -> None:
    assert locale_of("en-GB") == Locale("en", "GB")
    assert locale_of("pt_br") == Locale("pt", "BR")
    assert locale_of("zh-Hant-TW") == Locale("zh", "TW")
    assert locale_of("") == Locale("en")
    assert [locale_of(tag).american for tag in ("en", "en-US", "en-GB", "de")] == [True, True, False, False]


@pytest.mark.parametrize("bit", ["1-", "A1", "(", "a.", "a@", "<a ", "'", "[", "* ", "$1 ", "1,", "http://a/", "AB-"])
@pytest.mark.timeout(30)
def test_a_long_text_takes_no_longer_than_its_length(bit: str) -> None:
    assert normalise(bit * 4_000).shown
