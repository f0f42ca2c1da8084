import pytest

from pipeline.turns.lexicon import (
    ENGLISH,
    LEXICONS,
    is_backchannel,
    is_echo,
    is_short_answer,
    lexicon_of,
    takes_the_floor,
    trails_off,
    words_of,
)

ASIDES = [
    "mhm", "Mhm.", "mm-hmm", "Mm hmm!", "uh-huh", "Uh huh, uh huh.", "mhm mhm mhm", "hm", "Hmm...", "ah", "Oh.", "um",
    "uh", "I see.", "oh, I see", "wow", "aha", "mm, I see",
]  # fmt: skip
ANSWERS = [
    "yes", "Yes.", "yeah", "Yep!", "no", "No.", "nope", "correct", "right", "That's right.", "That’s right", "sure",
    "okay", "OK.", "stop", "Wait!", "no thanks", "No, thank you.", "yes please",
]  # fmt: skip
SENTENCES = ["my name is", "stop that", "wait a moment", "mhm but no", "uh I want tea", "two nine three"]
ONE_WORD = ["tea", "Ada", "seven", "hello", "x"]


@pytest.mark.parametrize("text", ASIDES)
def test_a_sign_of_listening_does_not_take_the_floor(text: str) -> None:
    assert is_backchannel(text)
    assert not takes_the_floor(text)


@pytest.mark.parametrize("text", ANSWERS)
def test_a_short_answer_is_complete_and_takes_the_floor(text: str) -> None:
    assert is_short_answer(text)
    assert not is_backchannel(text)
    assert takes_the_floor(text)


@pytest.mark.parametrize("text", SENTENCES)
def test_three_words_or_an_answer_first_take_the_floor(text: str) -> None:
    assert takes_the_floor(text)
    assert not is_backchannel(text)
    assert not is_short_answer(text)


@pytest.mark.parametrize("text", ONE_WORD)
def test_one_word_that_is_no_answer_is_too_little_to_decide_early(text: str) -> None:
    assert not takes_the_floor(text)
    assert not is_backchannel(text), "in the end it counts all the same"


@pytest.mark.parametrize("text", ["", "  ", "...", "?!"])
def test_no_words_are_neither_an_answer_nor_a_wish_to_speak(text: str) -> None:
    assert words_of(text) == []
    assert not takes_the_floor(text)
    assert not is_short_answer(text)


@pytest.mark.parametrize(
    "text", ["my name is", "I want tea and", "it's the", "uh", "Well, um", "one, two,", "so I thought...", "because…"]
)
def test_words_that_call_for_more_trail_off(text: str) -> None:
    assert trails_off(text)


@pytest.mark.parametrize("text", ["", "My name is Ada.", "tea please", "I live in Athens", "that is an island"])
def test_a_whole_sentence_does_not_trail_off(text: str) -> None:
    assert not trails_off(text)


BOT = "Welcome to the harbour hotel. Shall I book a room with a view of the sea for you"


@pytest.mark.parametrize(
    "text",
    [
        "view of the sea",
        "the sea for you",
        "The sea, for you!",
        "room with a view of the sea for you",
        "a view of the tea for you",  # five in six: an echo is misread, too
        "for you",
    ],
)
def test_what_the_bot_has_just_said_is_its_echo(text: str) -> None:
    assert is_echo(text, BOT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sea",  # one word may be anybody's
        "yes please",
        "no the room for two",
        "welcome to the harbour hotel",  # too long ago
        "the sea the sea the sea",  # the bot said it once
        "wait what does the view cost",
    ],
)
def test_what_the_caller_says_is_no_echo(text: str) -> None:
    assert not is_echo(text, BOT)


@pytest.mark.parametrize("text", ["two words", "yes please", "a"])
def test_a_bot_that_has_said_nothing_has_no_echo(text: str) -> None:
    assert not is_echo(text, "")


@pytest.mark.parametrize("language", ["en", "en-GB", "EN", "xx", ""])
def test_a_language_without_a_list_of_its_own_uses_the_english_one(language: str) -> None:
    assert lexicon_of(language) is ENGLISH


@pytest.mark.parametrize(
    ("language", "listening", "answers", "goes_on"),
    [
        (
            "de-DE",
            ["Mhm.", "Ach so!", "ja, ja", "verstehe"],
            ["Nein.", "genau", "Stopp!"],
            ["ich heiße", "ein Tisch für"],
        ),
        ("es-MX", ["ajá", "Ya veo."], ["Sí.", "no, gracias"], ["quiero una mesa para el", "me llamo Ana y"]),
        ("fr", ["Ah bon ?", "je vois", "euh"], ["D'accord.", "non merci", "ouais"], ["je voudrais une", "c'est"]),
        ("hi-IN", ["हम्म", "अच्छा अच्छा", "achha", "हूँ"], ["हाँ", "जी नहीं।", "theek hai"], ["मेरा नाम है और", "mera"]),
        ("it", ["Capisco.", "ah ecco", "sì sì"], ["va bene", "No, grazie."], ["un tavolo per", "mi chiamo Ada e"]),
        ("nl", ["ja, ja", "Ik snap het."], ["Nee.", "wacht even"], ["een tafel voor", "ik wil"]),
        ("pt-BR", ["Entendi.", "pois é"], ["Não, obrigado.", "isso mesmo"], ["uma mesa para", "meu nome é"]),
    ],
)
def test_each_language_has_its_own_words(
    language: str, listening: list[str], answers: list[str], goes_on: list[str]
) -> None:
    lexicon = lexicon_of(language)
    for text in listening:
        assert is_backchannel(text, lexicon), text
        assert not takes_the_floor(text, lexicon), text
    for text in answers:
        assert is_short_answer(text, lexicon), text
        assert takes_the_floor(text, lexicon), text
        assert not is_backchannel(text, lexicon), text
    assert trails_off(goes_on[0], lexicon) or trails_off(goes_on[1], lexicon)


@pytest.mark.parametrize("language", sorted(LEXICONS))
def test_no_sign_of_listening_is_an_answer_too(language: str) -> None:
    lexicon = LEXICONS[language]
    assert not lexicon.backchannels & lexicon.short_answers
    assert all(len(phrase.split()) <= 3 for phrase in lexicon.backchannels), "longer ones are not looked for"
    for phrase in lexicon.backchannels | lexicon.short_answers | lexicon.dangling:
        assert " ".join(words_of(phrase)) == phrase, "what cannot be heard like this is never found"


def test_a_word_keeps_the_marks_on_its_letters() -> None:
    assert words_of("हाँ, मेरा नाम अदा है।") == ["हाँ", "मेरा", "नाम", "अदा", "है"]


@pytest.mark.parametrize(
    "text",
    [
        "I would like to",
        "My flight is at.",
        "The colour was more.",
        "Could you tell me?",
        "When I press the button.",
        "It is broken. If I cancel now",
        "I need to move my appointment too.",  # "to", and a pause
        "You know.",
        "So, um.",
        "I have, uh...",
    ],
)
def test_words_call_for_more(text: str) -> None:
    assert trails_off(text)


@pytest.mark.parametrize(
    "text",
    [
        "I think so.",
        "When do you open?",
        "When I press the button, nothing happens.",
        "What is it for?",
        "I cannot log in.",
        "I like it, too.",
        "Me too.",
        "It does not ring any more.",
        "Yes, I am.",
        "No.",
        "After six.",
        "",
    ],
)
def test_words_are_enough(text: str) -> None:
    assert not trails_off(text)
