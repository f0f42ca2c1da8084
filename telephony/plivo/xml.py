"""What we tell Plivo to do: documents of its XML. Pure."""

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

_SOUND = "audio/x-mulaw;rate=8000"  # it would send linear samples else, in an order of bytes that it does not tell


def stream(url: str) -> str:
    """Connect the call to a bidirectional media stream; the document goes on when we close it.

    Without `keepCallAlive` Plivo would go on, and hang up, as soon as the stream has begun.
    """
    return f'<Stream bidirectional="true" keepCallAlive="true" contentType="{_SOUND}">{escape(url)}</Stream>'


def speak(text: str, language: str = "en-US") -> str:
    """Speak with Plivo's own voice, where there is no bot."""
    return f"<Speak language={quoteattr(language)}>{escape(text)}</Speak>"


def dial(target: str, attributes: Mapping[str, str]) -> str:
    """Call somebody and put the caller through; the `action` among the attributes is asked what comes after."""
    noun = "User" if target.startswith("sip:") else "Number"
    given = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f"<Dial{given}><{noun}>{escape(target)}</{noun}></Dial>"


def hang_up() -> str:
    """End the call."""
    return "<Hangup/>"


def document(*elements: str) -> str:
    """Return a whole document; elements are done one after another, then the call ends."""
    return f"<Response>{''.join(elements)}</Response>"
