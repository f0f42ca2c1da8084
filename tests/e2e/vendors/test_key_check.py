from typing import Any

import pytest

from control_api.providers.service import Wanted
from server.key_check import VendorKeyCheck
from server.provider_settings import server_choice
from server.settings import load_settings
from tests.e2e.vendors.test_doctor_providers import vendors
from tests.support.vendors import cartesia
from tests.support.vendors.http import KEY

BAD = "dg-secret-bad"


def _check(**settings: Any) -> VendorKeyCheck:
    return VendorKeyCheck(server_choice(load_settings(local_llm=False, **settings)))


async def _code(check: VendorKeyCheck, kind: str, wanted: Wanted) -> str:
    refusal = await check.refusal(kind, wanted)
    assert "secret" not in str(refusal)
    return refusal.code if refusal is not None else ""


@pytest.mark.parametrize(
    ("kind", "provider", "address"),
    [
        ("stt", "deepgram", "listen"),
        ("tts", "deepgram", "speak"),
        ("tts", "openai", "openai"),
        ("llm", "openai", "openai"),
    ],
)
async def test_a_vendor_says_whether_it_takes_a_key(kind: str, provider: str, address: str) -> None:
    with vendors() as at:
        check = _check(**{f"{provider}_base_url": at[address]})
        assert await _code(check, kind, Wanted(provider, BAD)) == "provider.key_refused"
        assert await _code(check, kind, Wanted(provider, KEY)) == ""


@pytest.mark.parametrize(
    ("kind", "name"),
    [("stt", "cartesia"), ("stt", "assembly_ai"), ("stt", "soniox"), ("tts", "cartesia"), ("tts", "elevenlabs")],
)
async def test_a_hosted_vendor_says_it_too_and_of_a_model_that_there_is_none(kind: str, name: str) -> None:
    with vendors() as at:
        check = _check(provider_base_urls={name: at[name].replace("ws", "http")})
        assert await _code(check, kind, Wanted(name, BAD)) == "provider.key_refused"
        assert await _code(check, kind, Wanted(name, KEY)) == ""
        if name != "cartesia":  # whose stand-in takes any model
            assert await _code(check, kind, Wanted(name, KEY, "nothing")) == "provider.refused_choice"


@pytest.mark.parametrize(
    ("kind", "wanted", "code"),
    [
        ("tts", Wanted("deepgram", KEY, voice="aura-2-nobody-en"), "provider.refused_choice"),
        ("tts", Wanted("cartesia", KEY, voice="nobody"), "provider.refused_choice"),
        ("tts", Wanted("cartesia", KEY, voice=cartesia.VOICE), ""),
        ("tts", Wanted("elevenlabs", KEY, voice="nobody"), "provider.refused_choice"),
        ("tts", Wanted("elevenlabs", KEY, "nothing"), "provider.refused_choice"),
        ("tts", Wanted("cartesia", None, voice=cartesia.VOICE), "provider.no_key"),
        ("tts", Wanted("embedded", None, voice="nobody"), "provider.refused_choice"),
        ("stt", Wanted("embedded", None, language="de"), "provider.refused_choice"),
        ("stt", Wanted("embedded", None, language="en-GB"), ""),
        ("llm", Wanted("embedded"), ""),
    ],
)
async def test_a_model_voice_or_language_that_cannot_be_had_is_refused(kind: str, wanted: Wanted, code: str) -> None:
    with vendors() as at:
        hosted = {name: at[name].replace("ws", "http") for name in ("cartesia", "elevenlabs")}
        check = _check(deepgram_base_url=at["speak"], provider_base_urls=hosted)
        assert await _code(check, kind, wanted) == code


async def test_a_key_is_taken_whose_vendor_cannot_be_reached() -> None:
    check = _check(openai_base_url="http://127.0.0.1:9/v1")
    assert await _code(check, "llm", Wanted("openai", BAD)) == ""
