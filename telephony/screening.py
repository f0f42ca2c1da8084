"""What a machine's words give away: a mailbox that wants a message, or a helper that asks who is calling. Pure."""

import unicodedata
from typing import Final, Literal

Machine = Literal["voicemail", "screening"]

# A person says none of these in the first seconds; each is enough by itself.
_SCREENING: Final = (
    "record your name and reason", "reason for calling", "reason why you are calling", "screen this call",
    "see if this person is available", "google is recording this call", "who is calling and why",
    "sagen sie ihren namen und den grund", "grund ihres anrufs", "grund fur ihren anruf",
    "dites votre nom et", "la raison de votre appel", "diga su nombre y", "motivo de su llamada",
)  # fmt: skip
_VOICEMAIL: Final = (
    "leave a message", "leave me a message", "leave your message", "leave your name", "after the tone",
    "after the beep", "at the tone", "is not available", "not available to take", "can't take your call",
    "cannot take your call", "can't come to the phone", "unable to take your call", "record your message",
    "voice mail", "voicemail", "mailbox", "the person you are trying to reach", "please try again later",
    "get back to you", "you have reached the",
    "nach dem ton", "nach dem signalton", "nach dem piep", "hinterlassen sie", "nachricht hinterlassen",
    "anrufbeantworter", "nicht erreichbar", "mailbox von",
    "apres le bip", "apres le signal", "laissez un message", "laissez votre message", "messagerie vocale",
    "despues del tono", "despues de la senal", "deje su mensaje", "deje un mensaje", "buzon de voz",
    "dopo il segnale", "lasciate un messaggio", "segreteria telefonica",
    "apos o sinal", "deixe sua mensagem", "deixe a sua mensagem", "caixa postal",
)  # fmt: skip


def machine_in(words: str) -> Machine | None:
    """Return what speaks, if its words tell; a helper that asks for a name may also offer to take a message."""
    plain = _plain(words)
    if any(phrase in plain for phrase in _SCREENING):
        return "screening"
    return "voicemail" if any(phrase in plain for phrase in _VOICEMAIL) else None


def _plain(words: str) -> str:
    """Without case, accents and punctuation."""
    apart = unicodedata.normalize("NFKD", words.lower().replace("\u2019", "'"))
    kept = (char if char.isalnum() or char == "'" else " " for char in apart if not unicodedata.combining(char))
    return " ".join("".join(kept).split())
