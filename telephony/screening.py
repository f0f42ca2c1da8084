"""What a machine's words give away: a mailbox that wants a message, or a helper that asks who is calling. Pure."""

import unicodedata
from typing import Final, Literal

Machine = Literal["voicemail", "screening"]

# Nobody greets a caller with one of these; each is enough by itself.
_SCREENING: Final = (
    "record your name and reason", "reason for calling", "reason why you are calling", "screen this call",
    "see if this person is available", "google is recording this call", "who is calling and why",
    "sagen sie ihren namen und den grund", "grund ihres anrufs", "grund fur ihren anruf",
    "dites votre nom et", "la raison de votre appel", "diga su nombre y", "motivo de su llamada",
)  # fmt: skip
_VOICEMAIL: Final = (
    "leave me a message", "leave your message", "leave your name", "after the tone", "please leave a message",
    "after the beep", "at the tone", "not available to take", "can't take your call",
    "cannot take your call", "unable to take your call", "record your message", "the person you are trying to reach",
    "nach dem ton", "nach dem signalton", "nach dem piep", "hinterlassen sie",
    "apres le bip", "apres le signal", "laissez un message", "laissez votre message",
    "despues del tono", "despues de la senal", "deje su mensaje", "deje un mensaje",
    "dopo il segnale", "lasciate un messaggio",
    "apos o sinal", "deixe sua mensagem", "deixe a sua mensagem",
)  # fmt: skip
# A person who has answered may say these of somebody else, or of a machine.
_PERHAPS: Final = (
    "leave a message", "is not available", "can't come to the phone", "voice mail", "voicemail", "mailbox",
    "please try again later", "get back to you", "you have reached the",
    "nachricht hinterlassen", "anrufbeantworter", "nicht erreichbar", "mailbox von", "messagerie vocale",
    "buzon de voz", "segreteria telefonica", "caixa postal",
)  # fmt: skip


def machine_in(words: str, *, surely: bool = False) -> Machine | None:
    """Return what speaks, if its words tell; a helper that asks for a name may also offer to take a message.

    Args:
        words: What was heard.
        surely: Count only what no person says.
    """
    plain = _plain(words)
    if any(phrase in plain for phrase in _SCREENING):
        return "screening"
    phrases = _VOICEMAIL if surely else _VOICEMAIL + _PERHAPS
    return "voicemail" if any(phrase in plain for phrase in phrases) else None


def _plain(words: str) -> str:
    """Without case, accents and punctuation."""
    apart = unicodedata.normalize("NFKD", words.lower().replace("\u2019", "'"))
    kept = (char if char.isalnum() or char == "'" else " " for char in apart if not unicodedata.combining(char))
    return " ".join("".join(kept).split())
