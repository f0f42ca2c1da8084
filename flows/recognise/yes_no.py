"""Yes or no."""

import re
from typing import Final

from flows.recognise.reading import Reading, words

_UNSURE: Final = re.compile(
    r"\b(?:not (?:so )?sure|i don't know|i do not know|dunno|no idea|maybe|perhaps|it depends|can't say|who knows)\b"
)
_YES_FIRST: Final = re.compile(
    r"^(?:no problem|no worries|why not|no doubt|not a problem|sure|okay|ok|fine|great|perfect|good|sounds good|true)\b"
)
_NO_ANYWHERE: Final = re.compile(
    r"\b(?:not really|no thank(?:s| you)|no way|not at all|not now|not yet|not today|absolutely not|of course not"
    r"|definitely not|certainly not|i don't|i do not|i'm not|i am not|i wouldn't|i haven't|i can't|don't think so"
    r"|(?:not|isn't|wasn't|ain't) (?:that |it |quite |entirely |all |so )*"
    r"(?:right|correct|true|it|good|fine|okay|ok|what i said)"
    r"|(?:that's|that is|it's|it is) (?:not|wrong|incorrect|false)|incorrect|wrong|negative|yeah,? no|please don't)\b"
)
_YES_ANYWHERE: Final = re.compile(
    r"\b(?:yes|yep|yeah|yup|ya|yah|yea|yass|yes please|uh huh|mm hmm|mhm|mmhmm|affirmative|absolutely|definitely"
    r"|certainly|of course|exactly|indeed|(?:that's|that is|it's|it is|you're|is) (?:right|correct|fine|good|it|true"
    r"|perfect|great|okay|ok|me)|correct|sounds (?:good|great|right)|go ahead|please do|by all means|i do|i am|i would"
    r"|i'd love to|that works|works for me|all good|you got it|you bet)\b"
)
_NO_WORD: Final = re.compile(r"\b(?:no|nope|nah|naw|never|neither)\b")
_SHORT_YES: Final = frozenset({"right", "true", "sure", "good", "fine", "ok", "okay", "perfect", "great", "yes", "y"})
_ALONE_NO: Final = frozenset({"know", "noe", "false", "cancel", "stop", "n"})
_SHORT_WORDS: Final = 4


def find(text: str) -> Reading | None:
    """True, False, or nothing where the answer is neither or is unsure."""
    spoken = words(text)
    said = " ".join(spoken)
    value = _decide(said, spoken)
    return None if value is None else Reading(value, 0, len(text))


def _decide(said: str, spoken: list[str]) -> bool | None:
    if not said or _UNSURE.search(said):
        return None
    no = _NO_ANYWHERE.search(said)
    if _YES_FIRST.match(said) and no is None:
        return True
    if no is not None:
        return False
    yes, plain_no = _YES_ANYWHERE.search(said), _NO_WORD.search(said)
    if yes is not None and plain_no is not None:
        return yes.start() < plain_no.start()
    if yes is not None:
        return True
    if plain_no is not None:
        return False
    if len(spoken) <= _SHORT_WORDS and any(word in _SHORT_YES for word in spoken):
        return True
    return False if len(spoken) == 1 and spoken[0] in _ALONE_NO else None
