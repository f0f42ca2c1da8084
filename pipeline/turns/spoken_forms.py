"""Whether a thing of known form is all there, however a recogniser wrote it down. Pure."""

import re

_DIGITS = {"zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
_LEAST_DIGITS = 10  # of a phone number with its area code
_MOST_DIGITS = 15  # ITU-T E.164; more are two numbers
_TOKEN = re.compile(r"[a-z]+|\d")
# No country's own: ".co" may still become ".co.uk", and most of them end words too.
_EMAIL_END = re.compile(r"(?:\.|\bdot\s+)\s*(?:com|org|net|edu|gov|info|io|uk|de|fr|eu|us|ca|in|au)\W*$", re.IGNORECASE)


def is_whole_phone_number(text: str) -> bool:
    """Tell whether a phone number with its area code is there: "212 555 0199", "two one two, …"."""
    tokens: list[str] = _TOKEN.findall(text.lower())
    digits = sum(token.isdigit() or token in _DIGITS for token in tokens)
    return _LEAST_DIGITS <= digits <= _MOST_DIGITS


def is_whole_email(text: str) -> bool:
    """Tell whether an address has come to its end: "ann@example.com", "ann at example dot com"."""
    return _EMAIL_END.search(text) is not None
