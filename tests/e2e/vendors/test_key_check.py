import pytest

from server.key_check import VendorKeyCheck
from server.provider_settings import server_choice
from server.settings import load_settings
from tests.e2e.vendors.test_doctor_providers import vendors
from tests.support.vendors.http import KEY

BAD = "dg-secret-bad"


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
        settings = load_settings(local_llm=False, **{f"{provider}_base_url": at[address]})
        check = VendorKeyCheck(server_choice(settings))
        assert await check.refuses(kind, provider, BAD)
        assert not await check.refuses(kind, provider, KEY)


async def test_a_key_is_taken_whose_vendor_cannot_be_reached() -> None:
    check = VendorKeyCheck(server_choice(load_settings(local_llm=False, openai_base_url="http://127.0.0.1:9/v1")))
    assert not await check.refuses("llm", "openai", BAD)
