import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from control_api.providers import service
from control_api.providers.service import Wanted
from control_api.providers.vault import Vault
from kit.errors import InputError
from storage.engine import EVERY_TENANT
from storage.tables.provider_choice import ProviderChoice
from tests.support.control_lab import Lab, opened_lab

KEY = "dg-0123456789abcdef"
NONE = {
    "stt_provider": "deepgram",
    "stt_api_key": None,
    "stt_api_key_set": False,
    "tts_provider": "deepgram",
    "tts_api_key": None,
    "tts_api_key_set": False,
    "llm_provider": "openrouter",
    "llm_api_key": None,
    "llm_api_key_set": False,
    "stt_model": None,
    "tts_model": None,
    "tts_voice": None,
    "llm_model": None,
    "language": None,
}


async def _shown(lab: Lab, who: dict[str, str], **query: Any) -> dict[str, Any]:
    answer = await lab.http.get("/v1/providers", params=query, headers=who)
    assert answer.status_code == 200
    shown: dict[str, Any] = answer.json()
    return shown


async def _patch(lab: Lab, who: dict[str, str], **fields: Any) -> dict[str, Any]:
    answer = await lab.http.patch("/v1/providers", json=fields, headers=who)
    assert answer.status_code == 200, answer.text
    assert KEY not in answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def _own(lab: Lab) -> dict[str, Wanted]:
    async with lab.database.reading(EVERY_TENANT) as session:
        account_id = (await session.scalars(select(ProviderChoice.account_id))).first()
        assert account_id is not None
        return dict(await service.wanted(session, account_id, Vault(b"v" * 32)))


async def test_an_account_without_keys_uses_ours(lab: Lab) -> None:
    assert await _shown(lab, await lab.sign_up()) == NONE


async def test_a_key_is_used_but_never_shown(lab: Lab) -> None:
    ada = await lab.sign_up()
    assert await _patch(lab, ada, stt_api_key=KEY) == NONE | {"stt_api_key_set": True}
    assert await _shown(lab, ada) == NONE | {"stt_api_key_set": True}
    assert (await _shown(lab, ada, masked=True))["stt_api_key"] == "••••cdef"
    assert await _own(lab) == {"stt": Wanted("deepgram", KEY)}
    async with lab.database.reading(EVERY_TENANT) as session:
        row = (await session.scalars(select(ProviderChoice))).one()
    assert KEY not in str(vars(row))


async def test_of_a_short_key_nothing_is_shown(lab: Lab) -> None:
    ada = await lab.sign_up()
    await _patch(lab, ada, stt_api_key="short")
    assert (await _shown(lab, ada, masked=True))["stt_api_key"] == "••••"


@pytest.mark.parametrize("fields", [{}, {"stt_api_key": None}, {"tts_api_key": KEY}, {"stt_provider": "deepgram"}])
async def test_what_is_null_or_left_out_stays(lab: Lab, fields: dict[str, Any]) -> None:
    ada = await lab.sign_up()
    await _patch(lab, ada, stt_api_key=KEY)
    assert (await _patch(lab, ada, **fields))["stt_api_key_set"] is True


@pytest.mark.parametrize("masked", [False, True])
async def test_what_was_shown_can_be_sent_back_without_harm(lab: Lab, masked: bool) -> None:
    ada = await lab.sign_up()
    await _patch(lab, ada, stt_api_key=KEY)
    await _patch(lab, ada, **await _shown(lab, ada, masked=masked))
    assert {wanted for wanted in (await _own(lab)).values() if wanted.key} == {Wanted("deepgram", KEY)}


async def test_an_empty_key_clears(lab: Lab) -> None:
    ada = await lab.sign_up()
    await _patch(lab, ada, stt_api_key=KEY)
    assert await _patch(lab, ada, stt_api_key="") == NONE
    assert await _own(lab) == {"stt": Wanted("deepgram")}


async def test_a_key_does_not_go_to_another_provider(lab: Lab) -> None:
    ada = await lab.sign_up()
    await _patch(lab, ada, tts_api_key=KEY)
    shown = await _patch(lab, ada, tts_provider="cartesia")
    assert (shown["tts_provider"], shown["tts_api_key_set"]) == ("cartesia", False)
    shown = await _patch(lab, ada, tts_provider="deepgram", tts_api_key=KEY)
    assert shown["tts_api_key_set"] is True


@pytest.mark.parametrize(
    "fields",
    [
        {"stt_provider": "nobody"},
        {"stt_api_key": "a b"},
        {"stt_api_key": "a\r\nb"},
        {"stt_api_key": "••••0000"},
        {"stt_api_key": "x" * 501},
        {"stt_api_key": 7},
        {"stt_provider": ""},
    ],
)
async def test_what_is_no_provider_or_no_key_is_refused_and_changes_nothing(lab: Lab, fields: dict[str, Any]) -> None:
    ada = await lab.sign_up()
    await _patch(lab, ada, stt_api_key=KEY)
    answer = await lab.http.patch("/v1/providers", json=fields | {"llm_api_key": KEY}, headers=ada)
    assert answer.status_code == 422
    assert KEY not in answer.text
    assert await _own(lab) == {"stt": Wanted("deepgram", KEY)}


async def test_a_key_with_the_scope_may_change_them_and_nobody_may_not(lab: Lab) -> None:
    ada = await lab.sign_up()
    assert (await _patch(lab, await lab.make_key(ada), llm_api_key=KEY))["llm_api_key_set"] is True
    answer = await lab.http.patch("/v1/providers", json={})
    assert (answer.status_code, answer.json()) == (401, {"detail": "Missing Authorization header"})


async def test_accounts_do_not_share_keys(lab: Lab) -> None:
    ada, bob = await lab.sign_up(), await lab.sign_up("bob@example.com")
    await _patch(lab, ada, stt_api_key=KEY)
    assert await _shown(lab, bob) == NONE


async def test_changes_at_the_same_time_all_succeed(lab: Lab) -> None:
    ada = await lab.sign_up()
    await asyncio.gather(*(_patch(lab, ada, stt_api_key=f"{KEY}-{number}") for number in range(8)))
    assert (await _shown(lab, ada))["stt_api_key_set"] is True


async def test_kinds_with_an_own_key_are_known_to_the_tariff(lab: Lab) -> None:
    await _patch(lab, await lab.sign_up(), stt_api_key=KEY, llm_provider="openai")
    async with lab.database.reading(EVERY_TENANT) as session:
        account_id = (await session.scalars(select(ProviderChoice.account_id))).first()
        assert account_id is not None
        assert await service.StoredKeys().kinds(session, account_id) == {"stt"}


class _Refusing:
    """Refuses one key of those it is asked about."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Wanted]] = []

    async def refusal(self, kind: str, wanted: Wanted) -> InputError | None:
        self.asked.append((kind, wanted))
        bad = wanted.key == "dg-bad-0123456789"
        return InputError("deepgram refuses stt_api_key", code="provider.key_refused") if bad else None


async def test_a_key_that_its_provider_refuses_is_not_taken(database_url: str) -> None:
    keys = _Refusing()
    async with opened_lab(database_url, keys=keys) as lab:
        ada = await lab.sign_up()
        await _patch(lab, ada, stt_api_key=KEY)
        refused = await lab.http.patch(
            "/v1/providers", json={"llm_provider": "openai", "stt_api_key": "dg-bad-0123456789"}, headers=ada
        )
        assert refused.status_code == 422
        assert "deepgram refuses stt_api_key" in refused.json()["detail"]
        assert "dg-bad" not in refused.text
        assert await _own(lab) == {"stt": Wanted("deepgram", KEY)}
        assert (await _shown(lab, ada))["llm_provider"] == "openrouter"
    assert keys.asked == [("stt", Wanted("deepgram", KEY)), ("stt", Wanted("deepgram", "dg-bad-0123456789"))]


async def test_a_model_a_voice_and_a_language_are_asked_about_with_the_key_that_is_there(database_url: str) -> None:
    keys = _Refusing()
    async with opened_lab(database_url, keys=keys) as lab:
        ada = await lab.sign_up()
        shown = await _patch(lab, ada, tts_provider="cartesia", tts_api_key=KEY, tts_voice="v1", language="de")
        assert (shown["tts_voice"], shown["language"], shown["tts_model"]) == ("v1", "de", None)
        await _patch(lab, ada, tts_model="sonic-3")
        assert keys.asked[-1] == ("tts", Wanted("cartesia", KEY, "sonic-3", "v1"))
        assert (await _own(lab))["tts"] == Wanted("cartesia", KEY, "sonic-3", "v1")
        shown = await _patch(lab, ada, tts_provider="elevenlabs", tts_api_key=KEY)
        assert (shown["tts_voice"], shown["tts_model"]) == (None, None), "they were the other one's"
        assert (await _patch(lab, ada, language=""))["language"] is None


@pytest.mark.parametrize("fields", [{"tts_voice": "a b"}, {"language": "d"}, {"stt_model": "x" * 201}])
async def test_what_cannot_be_a_model_a_voice_or_a_language_is_refused(lab: Lab, fields: dict[str, str]) -> None:
    answer = await lab.http.patch("/v1/providers", json=fields, headers=await lab.sign_up())
    assert answer.status_code == 422


async def test_no_provider_is_asked_about_what_is_not_new(database_url: str) -> None:
    keys = _Refusing()
    async with opened_lab(database_url, keys=keys) as lab:
        ada = await lab.sign_up()
        await _patch(lab, ada, stt_provider="openai")
        await _patch(lab, ada, tts_api_key="")
        await _patch(lab, ada, **await _shown(lab, ada))
    assert keys.asked == []
