"""What is said while a model is slow, in English and in the languages of `pipeline/turns/languages.py`. Data."""

_ENGLISH = ("One moment.", "Let me see.", "Just a second.")
FILLERS = {
    "en": _ENGLISH,
    "de": ("Einen Moment.", "Ich sehe nach.", "Einen Augenblick, bitte."),
    "es": ("Un momento.", "Déjeme ver.", "Un segundo, por favor."),
    "fr": ("Un instant.", "Laissez-moi voir.", "Une seconde, s'il vous plaît."),
    "hi": ("एक मिनट।", "ज़रा देखने दीजिए।", "बस एक पल।"),
    "it": ("Un momento.", "Mi faccia vedere.", "Un attimo, per favore."),
    "nl": ("Een moment.", "Even kijken.", "Een ogenblik, alstublieft."),
    "pt": ("Um momento.", "Deixe-me ver.", "Só um segundo."),
}


def filler_in(language: str, number: int) -> str:
    """Return one of the sentences of `language` (BCP 47), in turn; English where there are none."""
    sentences = FILLERS.get(language.split("-")[0].lower(), _ENGLISH)
    return sentences[number % len(sentences)]
