"""What people say and transcribers write, and what it means. Today is Sunday, 22 November 2026."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.parse_states import RECOGNISERS
from flows.recognise.registry import Slot, recognise

TODAY = date(2026, 11, 22)

YES_NO = [
    ("Yes.", True), ("yep", True), ("Yeah, sure.", True), ("That's right.", True), ("Correct.", True),
    ("Yes, please.", True), ("uh-huh", True), ("Okay.", True), ("Of course.", True), ("No problem.", True),
    ("sounds good to me", True), ("I think so, yes", True), ("That is correct, thank you.", True), ("Right.", True),
    ("Absolutely!", True), ("Why not?", True), ("mhm", True), ("I would.", True),
    ("No.", False), ("nope", False), ("No thanks.", False), ("Not really.", False), ("That's wrong.", False),
    ("No, that's not right.", False), ("I don't think so.", False), ("Nah.", False), ("That is not correct", False),
    ("Absolutely not.", False), ("Yeah, no.", False), ("That's incorrect", False), ("isn't right", False),
    ("It is.", True), ("That's write.", True), ("Go for it.", True), ("I guess so.", True), ("Not quite.", False),
    ("I'm not sure.", None), ("maybe", None), ("I don't know", None), ("What do you mean?", None), ("", None),
    ("Tuesday", None), ("I know a nice place.", None), ("turn right at the next corner and then left", None),
    ("No, yeah.", False),
]  # fmt: skip

NUMBER = [
    ("4", 4), ("Four.", 4), ("4 out of 5.", 4), ("I'd give it a four.", 4), ("twenty five", 25), ("Twenty-five", 25),
    ("one hundred and five", 105), ("two thousand", 2000), ("1,200", 1200), ("3.5", 3.5), ("four point five", 4.5),
    ("two and a half", 2.5), ("a dozen", 12), ("a couple of", 2), ("There are seven of us", 7), ("minus three", -3),
    ("for", 4), ("Two, please.", 2), ("zero", 0), ("It was a five out of five", 5), ("Three. No wait, four.", 4),
    ("a hundred", 100), ("two hundred fifty", 250), ("100%", 100), ("thirteen", 13), ("none", 0),
    ("lots", None), ("for my wife", None), ("", None),
    ("three point", 3), ("two dozen", 24), ("four point banana", 4), ("three point 14", 3.14),
]  # fmt: skip

DIGITS = [
    ("29340", "29340"), ("two nine three four oh", "29340"), ("2-9-3-4-0", "29340"), ("2 9 3 4 0.", "29340"),
    ("It's two, nine, three, four, zero.", "29340"), ("double five one", "551"), ("triple seven", "777"),
    ("twenty nine thirty four", "2934"), ("one two uh three", "123"), ("oh one two", "012"), ("4 oh 4", "404"),
    ("one hundred", "100"), ("nine thousand", "9000"), ("my code is 12 34", "1234"), ("fifteen", "15"),
    ("oh no", None), ("hello", None), ("", None),
    ("thirty", "30"), ("forty one", "41"),
]  # fmt: skip

DATE = [
    ("tomorrow", "2026-11-23"), ("Today.", "2026-11-22"), ("the day after tomorrow", "2026-11-24"),
    ("Friday", "2026-11-27"), ("On Friday, please.", "2026-11-27"), ("this Friday", "2026-11-27"),
    ("next Tuesday", "2026-11-24"), ("Sunday", "2026-11-29"), ("this Sunday", "2026-11-22"),
    ("December 5th", "2026-12-05"), ("the 5th of December", "2026-12-05"), ("December the fifth", "2026-12-05"),
    ("the fifth of December", "2026-12-05"), ("Dec. 5", "2026-12-05"), ("5 December", "2026-12-05"),
    ("December twenty first", "2026-12-21"), ("the twenty first of December", "2026-12-21"),
    ("January 3rd", "2027-01-03"), ("November 20th", "2027-11-20"), ("March 3rd, 2028", "2028-03-03"),
    ("May fifth twenty twenty seven", "2027-05-05"), ("2026-12-24", "2026-12-24"), ("12/24/2026", "2026-12-24"),
    ("12/24", "2026-12-24"), ("Friday the 27th of November", "2026-11-27"), ("Friday the 27th", "2026-11-27"),
    ("the 27th", "2026-11-27"), ("the 3rd", "2026-12-03"), ("in three days", "2026-11-25"),
    ("in two weeks", "2026-12-06"), ("a week from today", "2026-11-29"), ("Wednesdays are best", "2026-11-25"),
    ("Not Friday. I mean Thursday.", "2026-11-26"), ("February 29th", "2028-02-29"), ("Thurs", "2026-11-26"),
    ("Fryday", "2026-11-27"), ("two days from now", "2026-11-24"), ("tonight", "2026-11-22"),
    ("a week from Friday", "2026-12-04"), ("Friday next week", "2026-11-27"),
    ("December 5th at 3:30 p.m.", "2026-12-05"),
    ("February 30th", None), ("I may come", None), ("soon", None), ("", None), ("99/99", None),
    ("the 30", "2026-11-30"), ("February 30th", None), ("Monday the 31st", "2027-05-31"), ("the first one", None),
    ("several days from now", None), ("May 5 two thousand thirty", "2030-05-05"), ("the 45th", None),
    ("february 29th", "2028-02-29"), ("days from now", None),
    ("Friday the 31st", "2026-12-31"), ("May fifth nineteen", "2027-05-05"), ("February 29th, 2027", None),
]  # fmt: skip

TIME = [
    ("3:30 p.m.", "15:30"), ("3:30 PM", "15:30"), ("half past three", "15:30"), ("quarter past three", "15:15"),
    ("a quarter to four", "15:45"), ("ten to four", "15:50"), ("twenty past nine", "09:20"), ("three thirty", "15:30"),
    ("three o'clock", "15:00"), ("3 o'clock in the afternoon", "15:00"), ("at three", "15:00"), ("9 a.m.", "09:00"),
    ("nine in the morning", "09:00"), ("eight in the evening", "20:00"), ("noon", "12:00"), ("midnight", "00:00"),
    ("12 pm", "12:00"), ("12:30 a.m.", "00:30"), ("15:30", "15:30"), ("330 PM", "15:30"), ("ten fifteen", "10:15"),
    ("four pm", "16:00"), ("4 p.m., please", "16:00"), ("eleven", "11:00"), ("five past ten", "10:05"),
    ("three oh five", "15:05"), ("At 10.", "10:00"), ("ten. No wait, eleven.", "11:00"), ("2.45 pm", "14:45"),
    ("330", "15:30"), ("Half-passed three.", "15:30"), ("half past free", "15:30"), ("1030", "10:30"),
    ("25:99", None), ("whenever", None), ("", None),
    ("25:70", None), ("4 at night", "04:00"), ("half past twelve at night", "00:30"), ("three oh five", "15:05"),
    ("3 o'clock", "15:00"), ("three o clock", "15:00"), ("quarter past", None), ("five minutes past three", "15:05"),
    ("minutes past three", "15:00"), ("at 99", None),
    ("24:30", None), ("99 o'clock", None), ("at 25 pm", None), ("bananas past three", "15:00"),
]  # fmt: skip

EMAIL = [
    ("john.smith@example.com", "john.smith@example.com"), ("John.Smith@Example.com.", "john.smith@example.com"),
    ("john dot smith at example dot com", "john.smith@example.com"),
    ("It's john dot smith at example dot com.", "john.smith@example.com"),
    ("my email is ada at mail dot example dot org", "ada@mail.example.org"),
    ("j o h n at example dot com", "john@example.com"),
    ("ada underscore lovelace at example dot com", "ada_lovelace@example.com"),
    ("ada twenty three at gmail dot com", "ada23@gmail.com"),
    ("ada.lovelace at example.com", "ada.lovelace@example.com"),
    ("ada dash l at example dot co dot uk", "ada-l@example.co.uk"), ("ada at g mail dot com", "ada@gmail.com"),
    ("you can reach me at ada at example dot com", "ada@example.com"),
    ("A-N-N-A at example.com", "anna@example.com"),
    ("I have none", None), ("at home", None), ("", None), ("let us meet at noon", None),
    ("dot smith at mail dot com", "smith@mail.com"), ("a at b at c dot com", "b@c.com"),
    ("bob at mail underscore x dot com", None), ("bob at mail dot com thanks", "bob@mail.com"),
    ("bob at dot com", None),
    ("send it to my old good friend bob at mail dot com", "goodfriendbob@mail.com"),
    ("bob at mail dash a dot com", "bob@mail-a.com"),
    ("bob at gmail yes", "bob@gmail.com"), ("dot at mail dot com", None), ("bob at x y z w v dot com", None),
    ("bob dot at mail dot com", "bob@mail.com"), ("bob. at mail dot com", None),
]  # fmt: skip

PHONE = [
    ("555-123-4567", "5551234567"), ("(555) 123-4567", "5551234567"), ("555 123 4567.", "5551234567"),
    ("five five five one two three four five six seven", "5551234567"), ("+1 555 123 4567", "+15551234567"),
    ("1-555-123-4567", "5551234567"), ("eight hundred five five five one two three four", "8005551234"),
    ("It's 555 1234", "5551234"), ("plus four four two oh seven nine four six oh nine five eight", "+442079460958"),
    ("five five five, double one, two three four five six", "5551123456"),
    ("12", None), ("no phone", None), ("", None),
]  # fmt: skip

NAME = [
    ("Ada Lovelace", "Ada Lovelace"), ("My name is Ada Lovelace.", "Ada Lovelace"), ("I'm Ada.", "Ada"),
    ("It's Ada Lovelace.", "Ada Lovelace"), ("Hi, this is John Smith.", "John Smith"), ("john smith", "John Smith"),
    ("um, john smith", "John Smith"), ("Hello, my name's Mary Jones, thanks.", "Mary Jones"),
    ("John Smith speaking", "John Smith"), ("Mary-Jane O'Neill", "Mary-Jane O'Neill"), ("You can call me Bob.", "Bob"),
    ("Smith, S-M-Y-T-H", "Smyth"), ("Yes, my name is Ada.", "Ada"), ("Grace", "Grace"),
    ("What?", None), ("I don't know", None), ("yes", None), ("No, thank you.", None), ("", None), ("29340", None),
    ("can you repeat that please", None), ("I want to book a table for four people on Friday", None),
    ("spelled X Y Z", "Xyz"), ("my name is Bob, Q R S T", "Bob Qrst"), ("Ada, X Y", "Ada"),
]  # fmt: skip

SERVICES = ("haircut", "colouring", "beard trim")
SYNONYMS = {"colouring": ("color", "dye"), "haircut": ("cut",)}
ENUM = [
    ("haircut", "haircut"), ("A haircut, please.", "haircut"), ("a hair cut", "haircut"), ("hair cuts", "haircut"),
    ("colouring", "colouring"), ("coloring please", "colouring"), ("I'd like some dye", "colouring"),
    ("beard trim", "beard trim"), ("the beard trims", "beard trim"), ("just a cut", "haircut"),
    ("the second one", "colouring"), ("option three", "beard trim"), ("bird trim", "beard trim"),
    ("colouring. I mean a haircut.", "haircut"),
    ("a haircut and a beard trim", None), ("a haircut or a beard trim", None),
    ("haircut or colouring", None), ("pizza", None), ("", None), ("what is there?", None),
]  # fmt: skip

TABLES: dict[str, list[tuple[str, Any]]] = {
    "yes_no": YES_NO, "number": NUMBER, "digits": DIGITS, "date": DATE, "time": TIME, "email": EMAIL, "phone": PHONE,
    "name": NAME, "enum": ENUM,
}  # fmt: skip


def read(kind: str, said: str, *, asked: bool = True) -> object:
    slot = Slot(kind, SERVICES, SYNONYMS) if kind == "enum" else Slot(kind)
    reading = recognise(slot, said, TODAY, asked)
    return None if reading is None else reading.value


@pytest.mark.parametrize(
    ("kind", "said", "meant"), [(kind, said, meant) for kind, table in TABLES.items() for said, meant in table]
)
def test_an_answer_means_what_a_person_would_take_it_for(kind: str, said: str, meant: object) -> None:
    value = read(kind, said)
    assert value == meant
    assert type(value) is type(meant)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("name", "Ada Lovelace"), ("name", "I'm late"), ("number", "four"), ("digits", "1234"), ("yes_no", "yes"),
        ("text", "hello"), ("time", "three"), ("date", "the 27th"), ("enum", "bird trim"), ("phone", "555 1234"),
    ],
)  # fmt: skip
def test_what_nobody_asked_for_is_not_guessed(kind: str, said: str) -> None:
    assert read(kind, said, asked=False) is None


@pytest.mark.parametrize(
    ("kind", "said", "meant"),
    [
        ("name", "my name is Ada Lovelace and I need a cut", "Ada Lovelace"),
        ("date", "it is for Friday", "2026-11-27"),
        ("time", "on Friday at three", "15:00"), ("time", "Friday, 3 pm", "15:00"),
        ("enum", "a beard trim", "beard trim"),
        ("email", "write to a@example.com", "a@example.com"), ("phone", "call 555 123 4567", "5551234567"),
    ],
)  # fmt: skip
def test_what_is_unmistakable_counts_unasked(kind: str, said: str, meant: str) -> None:
    assert read(kind, said, asked=False) == meant


@pytest.mark.parametrize(
    ("said", "size"),
    [("just seven", "1-10"), ("eleven to fifty", "11-50"), ("about 60", "51+"), ("51+", "51+"), ("1-10", "1-10")],
)
def test_a_number_picks_the_range_it_lies_in(said: str, size: str) -> None:
    reading = recognise(Slot("enum", ("1-10", "11-50", "51+")), said, TODAY)
    assert reading is not None
    assert reading.value == size


def test_a_number_out_of_range_is_no_rating() -> None:
    assert recognise(Slot("number", minimum=1, maximum=5), "seven", TODAY) is None


def test_next_friday_is_next_weeks_and_friday_the_coming_one() -> None:
    monday = date(2026, 11, 23)
    coming, following = (recognise(Slot("date"), said, monday) for said in ("Friday", "next Friday"))
    assert coming is not None
    assert following is not None
    assert (coming.value, following.value) == ("2026-11-27", "2026-12-04")


FRAGMENTS = st.sampled_from((
    "at", "dot", "the", "of", "to", "past", "half", "twenty", "oh", "two", "31st", "5", "9999", "December",
    "may", "next", "in", "weeks", "point", "and", "hundred", "thousand", "plus", "@", ".", ",", "-", ":", "/",
    "+", "pm", "a.m.", "o'clock", "no", "wait", "I", "mean", "my", "name", "is", "29", "february", "’", "é",
    "٣", "x", "y", "z", "option", "last",
))  # fmt: skip


@given(
    kind=st.sampled_from(RECOGNISERS),
    said=st.one_of(st.text(max_size=200), st.lists(FRAGMENTS, max_size=25).map(" ".join)),
    asked=st.booleans(),
    today=st.dates(),
)
def test_any_text_is_a_reading_within_it_or_nothing(kind: str, said: str, asked: bool, today: date) -> None:
    reading = recognise(Slot(kind, SERVICES, SYNONYMS), said, today, asked)
    assert reading is None or 0 <= reading.start <= reading.end <= len(said)


def test_short_options_are_only_taken_word_for_word() -> None:
    slot = Slot("enum", ("ab", "xyzz"))
    assert recognise(slot, "abd", TODAY) is None
    reading = recognise(slot, "ab", TODAY)
    assert reading is not None
    assert reading.value == "ab"
