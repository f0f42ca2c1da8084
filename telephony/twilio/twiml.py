"""What we tell Twilio to do: documents of TwiML. Pure."""

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

MAX_CHARS = 4000  # of a document that is given to the REST interface
_XML = '<?xml version="1.0" encoding="UTF-8"?>'


def stream(url: str, status_url: str = "", parameters: Mapping[str, str] | None = None) -> str:
    """Connect the call to a bidirectional media stream; the document ends when we close it, and with it the call.

    Args:
        url: `wss:`, without a query, which Twilio would drop.
        status_url: Where it tells of the stream.
        parameters: Come back in the stream's start.
    """
    assert "?" not in url, "Twilio drops the query of a stream's address"
    inner = "".join(
        f"<Parameter name={quoteattr(name)} value={quoteattr(value)}/>" for name, value in (parameters or {}).items()
    )
    status = f" statusCallback={quoteattr(status_url)}" if status_url else ""
    return f"<Connect><Stream url={quoteattr(url)}{status}>{inner}</Stream></Connect>"


def say(text: str, language: str = "en-US") -> str:
    """Speak with Twilio's own voice, where there is no bot."""
    return f"<Say language={quoteattr(language)}>{escape(text)}</Say>"


def play_digits(digits: str) -> str:
    """Press keys towards the other side."""
    return f"<Play digits={quoteattr(digits)}/>"


def dial(number: str, action_url: str, attributes: Mapping[str, str], number_attributes: Mapping[str, str]) -> str:
    """Call somebody and put the caller through; the action is asked what to do when that is over, or failed."""
    noun = "Sip" if number.startswith("sip:") else "Number"
    inner = f"<{noun}{_attributes(number_attributes)}>{escape(number)}</{noun}>"
    return f'<Dial answerOnBridge="true" action={quoteattr(action_url)}{_attributes(attributes)}>{inner}</Dial>'


def hang_up() -> str:
    """End the call."""
    return "<Hangup/>"


def document(*verbs: str) -> str:
    """Return a whole document; verbs are done one after another, then the call ends."""
    return f"{_XML}<Response>{''.join(verbs)}</Response>"


def _attributes(named: Mapping[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in named.items())
