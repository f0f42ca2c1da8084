"""Letters, one by one."""


def letters(text: str) -> str:
    """Spell `text`: `ABC` becomes `A, B C`.

    A lone A is followed by a comma, for a voice takes it for the article otherwise.
    """
    return " ".join("A," if letter in "aA" else letter.upper() for letter in text)
