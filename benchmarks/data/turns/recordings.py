"""The recordings of real people in the set: whose they are, what they say, and under which licence."""

from dataclasses import dataclass

_CMU = "pocketsphinx test data, © Carnegie Mellon University"
_LIBRIVOX = "LibriVox, Sense and Sensibility 1, by way of pocketsphinx"
_PHONLAB = "phonlab 0.0.70, © Keith Johnson"
_MOONSHINE = "moonshine-voice 0.0.73, © Useful Sensors"
_ASTERISK = "Asterisk core sounds 1.6.1, voice of Allison Smith, © Digium; cut, resampled and mixed with room tone"


@dataclass(frozen=True, slots=True)
class Recording:
    """One file in the folder of recordings: `<name>.wav`."""

    text: str
    source: str
    licence: str


RECORDINGS = {
    "goforward": Recording("go forward ten meters", _CMU, "BSD-2-Clause"),
    "cards_001": Recording("ten of clubs", _CMU, "BSD-2-Clause"),
    "cards_002": Recording("four queen of clubs", _CMU, "BSD-2-Clause"),
    "cards_003": Recording("seven of clubs", _CMU, "BSD-2-Clause"),
    "cards_004": Recording("five five", _CMU, "BSD-2-Clause"),
    "cards_005": Recording("eight of spades four of clubs seven of hearts", _CMU, "BSD-2-Clause"),
    "tidigits_2934z": Recording("two nine three four zero", _CMU, "BSD-2-Clause"),
    "ps_numbers": Recording("thirty three four six ninety two", _CMU, "BSD-2-Clause"),
    "ps_something": Recording("go somewhere and do something", _CMU, "BSD-2-Clause"),
    "phon_im_twelve": Recording("I'm twelve", _PHONLAB, "BSD-3-Clause"),
    "phon_three_plus_five": Recording("three plus five equals eight", _PHONLAB, "BSD-3-Clause"),
    "phon_two_plus_two": Recording("two plus two equals four", _PHONLAB, "BSD-3-Clause"),
    "phon_sf3_cln": Recording("cottage cheese with chives is delicious", _PHONLAB, "BSD-3-Clause"),
    "phon_might_have_a_class": Recording("we might have a class two to three", _PHONLAB, "BSD-3-Clause"),
    "pae_quick_brown_fox": Recording("The quick brown fox jumps over the lazy dog.", "pytest-audioeval 0.1.3", "MIT"),
    "pae_counting": Recording("One two three four five six seven eight nine ten.", "pytest-audioeval 0.1.3", "MIT"),
    "libri_0870": Recording(
        "and mister john dashwood had then leisure to consider how much there might be prudently in his power to do "
        "for them",
        _LIBRIVOX,
        "public domain",
    ),
    "libri_0880": Recording("he was not an ill disposed young man", _LIBRIVOX, "public domain"),
    "libri_0890": Recording(
        "unless to be rather cold hearted and rather selfish is to be ill disposed", _LIBRIVOX, "public domain"
    ),
    "libri_0920": Recording(
        "had he married a more amiable woman he might have been made still more respectable than he was",
        _LIBRIVOX,
        "public domain",
    ),
    "libri_0930": Recording("he might even have been made amiable himself", _LIBRIVOX, "public domain"),
    "jfk": Recording(
        "And so, my fellow Americans, ask not what your country can do for you, ask what you can do for your country.",
        "inaugural address, 1961, by way of whisper.cpp",
        "public domain (US government)",
    ),
    "beckett": Recording("Ever tried. Ever failed. No matter. Try again. Fail again. Fail better.", _MOONSHINE, "MIT"),
    "two_cities_30s": Recording("It was the best of times, it was the worst of times, …", _MOONSHINE, "MIT"),
    "ast16_vm-sorry": Recording("I'm sorry I did not understand your response.", _ASTERISK, "CC-BY-SA-3.0"),
    "ast8_tt-somethingwrong": Recording("Something is terribly wrong", _ASTERISK, "CC-BY-SA-3.0"),
    "ast8_conf-onlyperson": Recording(
        "You are currently the only person in this conference.", _ASTERISK, "CC-BY-SA-3.0"
    ),
    "ast16_vm-savemessage": Recording("or 9 to save this message", _ASTERISK, "CC-BY-SA-3.0"),
    "ast8_vm-reachoper": Recording("press 0 to reach an operator", _ASTERISK, "CC-BY-SA-3.0"),
    "ast16_auth-incorrect": Recording(
        "Password incorrect. Please enter your password followed by the pound key.", _ASTERISK, "CC-BY-SA-3.0"
    ),
}
