import hashlib
import json

import pytest
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import HTTPConnection

from telephony.addresses import Addresses
from telephony.twilio.signature import Signed, is_from_twilio
from tests.support.carriers.twilio_account import sign

_KEYS = {"auth_token": "12345", "signing_key": "12345"}
_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
_FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "Caller": "+14158675309",
    "To": "+18005551212",
}
_BODY = json.dumps({"property": "value", "boolean": True}).encode()
_SHA256 = {"x-twilio-webhooks-signature-settings": "key=k1,algorithm=HMAC_SHA256"}


def _signed(signature: str, url: str = _URL, **more: object) -> Signed:
    form: ImmutableMultiDict[str, str] = ImmutableMultiDict(more.get("form", _FORM))  # type: ignore[arg-type]
    headers = {"x-twilio-signature": signature, **more.get("headers", {})}  # type: ignore[dict-item]
    return Signed(url, headers, form, more.get("body", b""))  # type: ignore[arg-type]


def _json_url(body: bytes = _BODY) -> str:
    return f"{_URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"


def test_twilio_signature_vectors() -> None:
    assert hashlib.sha256(_BODY).hexdigest().startswith("0a1ff7634d9ab3b9")
    vectors = [
        _signed("RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        _signed("033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=", headers=_SHA256),
        _signed("a9nBmqA0ju/hNViExpshrM61xv4=", _json_url(), form={}, body=_BODY),
        _signed("pLFqhFuBwdcO0x1rgZAXZHSigWQ=", "wss://example.com/media/abc", form={}),
    ]
    assert [is_from_twilio(each, _KEYS) for each in vectors] == [True] * 4


@pytest.mark.parametrize(
    "forged",
    [
        _signed("RSOYDt4T1cUTdK1PDd93/VVr8B8=", form=_FORM | {"Digits": "1235"}),
        _signed("RSOYDt4T1cUTdK1PDd93/VVr8B8=", form=_FORM | {"More": ""}),
        _signed("RSOYDt4T1cUTdK1PDd93/VVr8B8=", "https://mycompany.com/myapp.php?bar=2&foo=1"),
        _signed("RSOYDt4T1cUTdK1PDd93/VVr8B8=", headers=_SHA256),
        _signed("033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s="),
        _signed(
            "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=",
            headers={"x-twilio-webhooks-signature-settings": "algorithm=NONE"},
        ),
        _signed("a9nBmqA0ju/hNViExpshrM61xv4=", _json_url(), form={}, body=_BODY + b" "),
        _signed(""),
        _signed("\u20ac"),
        Signed(_URL, {}),
    ],
)
def test_what_was_changed_on_the_way_is_refused(forged: Signed) -> None:
    assert not is_from_twilio(forged, _KEYS)


def test_another_accounts_secret_does_not_do_nor_does_a_key_that_is_not_there() -> None:
    assert not is_from_twilio(_signed("RSOYDt4T1cUTdK1PDd93/VVr8B8="), {"auth_token": "54321"})
    by_sha256 = _signed(sign(_URL, _FORM, "", "sha256"), headers=_SHA256)
    assert not is_from_twilio(by_sha256, {"auth_token": "12345"})


def test_a_parameter_that_comes_twice_counts_once_for_each_value() -> None:
    form = ImmutableMultiDict([("Tag", "b"), ("Tag", "a"), ("Tag", "b")])
    assert is_from_twilio(Signed(_URL, {"x-twilio-signature": sign(f"{_URL}TagaTagb")}, form), _KEYS)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("https://v.example.com/x", "https://v.example.com:443/x"),
        ("https://v.example.com:443/x", "https://v.example.com/x"),
        ("wss://v.example.com/x", "wss://v.example.com:443/x"),
        ("http://v.example.com/x?a=1", "http://v.example.com:80/x?a=1"),
        ("https://v.example.com:8443/x", "https://v.example.com:8443/x"),
    ],
)
def test_the_default_port_may_be_there_or_not(ours: str, theirs: str) -> None:
    assert is_from_twilio(Signed(ours, {"x-twilio-signature": sign(theirs)}), _KEYS)


@pytest.mark.parametrize("theirs", ["https://v.example.com:8443/x", "https://v.example.com:80/x"])
def test_another_port_is_another_address(theirs: str) -> None:
    assert not is_from_twilio(Signed("https://v.example.com/x", {"x-twilio-signature": sign(theirs)}), _KEYS)


def _arrived(kind: str, scheme: str) -> HTTPConnection:
    scope = {
        "type": kind,
        "scheme": scheme,
        "server": ("10.0.0.7", 8000),
        "path": "/telephony/twilio/voice /ä",
        "raw_path": b"/telephony/twilio/voice%20/%C3%A4",
        "query_string": b"b=2&a=%201",
        "headers": [(b"host", b"internal:8000"), (b"x-forwarded-host", b"evil.example.com")],
    }
    return HTTPConnection(scope)


def test_twilio_signature_behind_proxy() -> None:
    addresses = Addresses("twilio", "https://voice.example.com")
    rest = "/telephony/twilio/voice%20/%C3%A4?b=2&a=%201"
    assert addresses.called(_arrived("http", "http")) == f"https://voice.example.com{rest}"
    assert addresses.called(_arrived("websocket", "ws")) == f"wss://voice.example.com{rest}"
    assert (
        Addresses("twilio", None, "http://127.0.0.1:8000").called(_arrived("http", "http"))
        == f"http://internal:8000{rest}"
    )
