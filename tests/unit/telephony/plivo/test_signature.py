"""Vectors made with Plivo's own SDK (4.63, `plivo.utils.signature_v3`), for token `tok-1` and nonce `12345`."""

import pytest

from telephony.forms import Fields
from telephony.plivo.signature import ACCOUNT_SIGNATURE, NONCE, SIGNATURE, is_from_plivo

_HOST = "https://voice.example.com"
_ASKED = {"CallUUID": "c-1", "From": "14155550100", "To": "14158675309"}
_VECTORS = {
    "posted": ("POST", "/telephony/plivo/answer", _ASKED, "K3T9FSyLuEhj6RRcpY90mED4XELGnf9QClYI1ic8iB8="),
    "posted, with a query": (
        "POST",
        "/telephony/plivo/lines/l/status?intent=i-7&b=2",
        {"CallUUID": "c-1", "CallStatus": "completed", "Duration": "17"},
        "+j2NNwb9vg1ndZjtzv7b90nD63O/IEMIFhn6gZbQxo0=",
    ),
    "asked": (
        "GET",
        "/telephony/plivo/answer?To=14158675309&From=14155550100&CallUUID=c-1",
        {},
        "hfYPePG8mDDOF2VaLbtNWPvxoUHyl4hjcuCPFkJ/Vq0=",
    ),
    "posted without anything": ("POST", "/telephony/plivo/answer", {}, "VG04aCbqN3102C9KcmYnoAaPS2yMSEiIN/sMUDwPQvE="),
}


def _is_signed(name: str, headers: dict[str, str], key: str = "tok-1", more: dict[str, str] | None = None) -> bool:
    method, path, form, _ = _VECTORS[name]
    return is_from_plivo(method, _HOST + path, headers, Fields({**form, **(more or {})}), {"auth_token": key})


@pytest.mark.parametrize("name", _VECTORS)
def test_what_plivo_signs_is_from_plivo(name: str) -> None:
    written = _VECTORS[name][3]
    assert _is_signed(name, {SIGNATURE: written, NONCE: "12345"})
    assert _is_signed(name, {SIGNATURE: "b3RoZXI=", ACCOUNT_SIGNATURE: f"bW9yZQ==, {written}", NONCE: "12345"})


@pytest.mark.parametrize("name", _VECTORS)
def test_what_somebody_else_signs_or_changes_is_not(name: str) -> None:
    written = _VECTORS[name][3]
    headers = {SIGNATURE: written, NONCE: "12345"}
    assert not _is_signed(name, headers, key="tok-2")
    assert not _is_signed(name, headers, key="")
    assert not _is_signed(name, {**headers, NONCE: "12346"})
    assert not _is_signed(name, {SIGNATURE: written})
    assert not _is_signed(name, {NONCE: "12345"})
    assert not _is_signed(name, {**headers, SIGNATURE: "ü"})
    if _VECTORS[name][0] == "POST":
        assert not _is_signed(name, headers, more={"To": "1"})
