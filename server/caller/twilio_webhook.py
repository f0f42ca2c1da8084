"""Ring a number as Twilio does: a signed question by HTTP, whose answer says where the sound goes.

It shares no code with `telephony/twilio`, so that a mistake there does not hide itself here.
"""

import base64
import hmac
import uuid
from dataclasses import dataclass
from xml.etree import ElementTree

import httpx

from kit.errors import InputError
from server.caller.twilio_wire import TwilioWire

CALLER = "+12125550123"
_PATH = "/telephony/twilio/voice"
_TIMEOUT_S = 15.0  # Twilio waits no longer


@dataclass(frozen=True, slots=True)
class Ringing:
    """A call that was answered with a media stream.

    Attributes:
        url: Of the stream.
        headers: Of its handshake.
        wire: What is spoken on it.
    """

    url: str
    headers: dict[str, str]
    wire: TwilioWire


def ring(server: str, number: str, auth_token: str) -> Ringing:
    """Ring at a line of a server.

    Args:
        server: Its address; the one that it believes to have (PUBLIC_URL), if it has one.
        number: The line's, E.164.
        auth_token: Of the line's account at Twilio, which signs.

    Raises:
        InputError: Nobody answers, or the answer is no media stream.
    """
    url = server.rstrip("/") + _PATH
    call_sid, account_sid = f"CA{uuid.uuid4().hex}", f"AC{uuid.uuid4().hex}"
    form = {
        "CallSid": call_sid,
        "AccountSid": account_sid,
        "From": CALLER,
        "To": number,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
    }
    signed = url + "".join(name + value for name, value in sorted(form.items()))
    try:
        answer = httpx.post(url, data=form, headers=_signature(signed, auth_token), timeout=_TIMEOUT_S)
    except httpx.HTTPError as error:
        raise InputError(f"no call possible at {url}: {error}", code="caller.no_server") from error
    if answer.status_code != httpx.codes.OK:
        hint = " (is the token the line's?)" if answer.status_code == httpx.codes.FORBIDDEN else ""
        raise InputError(f"{url} answered {answer.status_code}{hint}", code="caller.not_answered")
    return answered(answer.text, call_sid, auth_token, account_sid)


def answered(document: str, call_sid: str, auth_token: str, account_sid: str = "AC1") -> Ringing:
    """Return the media stream that a document (TwiML) asks for.

    Raises:
        InputError: It asks for none.
    """
    verbs = ElementTree.fromstring(document)
    stream = verbs.find("Connect/Stream")
    if stream is None:
        said = verbs.findtext("Say") or "nothing"
        raise InputError(f"the line is not answered by a flow; it says: {said}", code="caller.not_answered")
    parameters = {each.attrib["name"]: each.attrib["value"] for each in stream.iter("Parameter")}
    wire = TwilioWire(f"MZ{uuid.uuid4().hex}", call_sid, account_sid, parameters)
    return Ringing(stream.attrib["url"], _signature(stream.attrib["url"], auth_token), wire)


def _signature(text: str, auth_token: str) -> dict[str, str]:
    mac = hmac.new(auth_token.encode(), text.encode(), "sha1").digest()
    return {"X-Twilio-Signature": base64.b64encode(mac).decode()}
