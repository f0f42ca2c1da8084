import asyncio

import httpx
import pytest
from sqlalchemy import func, select

from storage.engine import EVERY_TENANT
from storage.tables.account import Account
from storage.tables.user import User
from tests.support.control_lab import PASSWORD, Lab, client_of

ADA = {"email": "ada@example.com", "password": PASSWORD}
WEEK_S = 7 * 24 * 3600


async def _counts(lab: Lab) -> tuple[int | None, int | None]:
    async with lab.database.reading(EVERY_TENANT) as session:
        counts = [await session.scalar(select(func.count()).select_from(table)) for table in (Account, User)]
    return counts[0], counts[1]


async def test_a_new_account_has_one_admin_and_gets_what_a_sign_up_gives(lab: Lab) -> None:
    answer = await lab.http.post("/auth/signup", json=ADA)
    assert (answer.status_code, sorted(answer.json())) == (200, ["access_token", "token_type"])
    assert answer.json()["token_type"] == "bearer"
    async with lab.database.reading(EVERY_TENANT) as session:
        user = (await session.scalars(select(User))).one()
    assert (user.email, user.role, lab.signups) == ("ada@example.com", "admin", [user.account_id])
    assert user.password_hash is not None
    assert PASSWORD not in user.password_hash


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@Example.com", "  ada@example.com "])
async def test_an_address_signs_up_once_however_it_is_written(lab: Lab, email: str) -> None:
    await lab.sign_up()
    answer = await lab.http.post("/auth/signup", json={"email": email, "password": "another one"})
    assert (answer.status_code, answer.json()) == (409, {"detail": "Email already registered"})
    assert await _counts(lab) == (1, 1)
    assert len(lab.signups) == 1


async def test_of_many_who_sign_up_at_once_with_one_address_one_gets_an_account(lab: Lab) -> None:
    answers = await asyncio.gather(*(lab.http.post("/auth/signup", json=ADA) for _ in range(8)))
    assert sorted(each.status_code for each in answers) == [200] + [409] * 7
    assert await _counts(lab) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        ADA | {"email": "ada"},
        ADA | {"email": "a b@example.com"},
        ADA | {"email": "ada@example.com\r\nBcc: x@example.com"},
        ADA | {"email": "a" * 400 + "@example.com"},
        ADA | {"email": 7},
        ADA | {"password": "short"},
        ADA | {"password": "x" * 2000},
        {"email": "ada@example.com"},
    ],
)
async def test_a_bad_sign_up_is_refused_and_writes_nothing(lab: Lab, body: object) -> None:
    answer = await lab.http.post("/auth/signup", json=body)
    assert (answer.status_code, list(answer.json())) == (422, ["detail"])
    assert await _counts(lab) == (0, 0)


async def test_the_right_password_lets_in_and_the_token_works(lab: Lab) -> None:
    await lab.sign_up()
    answer = await lab.http.post("/auth/login", json=ADA | {"email": "Ada@example.com"})
    assert answer.status_code == 200
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await lab.http.get("/auth/api-keys", headers=bearer)).json() == []


@pytest.mark.parametrize("wrong", [{"password": "wrong horse"}, {"email": "bob@example.com"}, {"email": "nobody"}])
async def test_a_wrong_password_and_an_unknown_address_are_told_alike(lab: Lab, wrong: dict[str, str]) -> None:
    await lab.sign_up()
    answer = await lab.http.post("/auth/login", json=ADA | wrong)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid credentials"})


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
async def test_who_guesses_at_one_address_is_slowed_down_whether_it_exists_or_not(lab: Lab, email: str) -> None:
    await lab.sign_up()
    answers = [await _guess(client_of(lab.app, peer=f"203.0.113.{n}"), email) for n in range(11)]
    assert [each.status_code for each in answers] == [401] * 10 + [429]
    assert answers[-1].headers["retry-after"] == "30"
    lab.clock.passed_s += 30
    assert (await _guess(lab.http, email)).status_code == 401


async def test_who_logs_in_rightly_is_not_slowed_down(lab: Lab) -> None:
    await lab.sign_up()
    for _ in range(20):
        assert (await lab.http.post("/auth/login", json=ADA)).status_code == 200


async def test_who_tries_many_addresses_from_one_place_is_slowed_down(lab: Lab) -> None:
    codes = [(await _guess(lab.http, f"user{n}@example.com")).status_code for n in range(51)]
    assert codes == [401] * 50 + [429]


async def test_a_person_at_the_servers_own_machine_may_make_many_accounts(local_lab: Lab) -> None:
    for number in range(60):
        await local_lab.sign_up(f"user{number}@example.com")


async def test_a_token_ends_after_a_week(lab: Lab) -> None:
    ada = await lab.sign_up()
    lab.clock.passed_s = WEEK_S - 1
    assert (await lab.http.get("/auth/api-keys", headers=ada)).status_code == 200
    lab.clock.passed_s = WEEK_S
    answer = await lab.http.get("/auth/api-keys", headers=ada)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid token"})


async def test_logging_out_voids_this_token_and_no_other(lab: Lab) -> None:
    first = await lab.sign_up()
    second = await _log_in(lab)
    assert (await lab.http.post("/auth/logout", headers=first)).status_code == 204
    assert (await lab.http.get("/auth/api-keys", headers=first)).status_code == 401
    assert (await lab.http.post("/auth/logout", headers=first)).status_code == 401
    assert (await lab.http.get("/auth/api-keys", headers=second)).status_code == 200


async def test_logging_out_everywhere_voids_all_tokens_so_far(lab: Lab) -> None:
    first = await lab.sign_up()
    second = await _log_in(lab)
    lab.clock.passed_s += 60
    assert (await lab.http.post("/auth/logout", params={"everywhere": True}, headers=first)).status_code == 204
    assert (await lab.http.get("/auth/api-keys", headers=second)).status_code == 401
    lab.clock.passed_s += 1
    assert (await lab.http.get("/auth/api-keys", headers=await _log_in(lab))).status_code == 200


async def _guess(http: httpx.AsyncClient, email: str) -> httpx.Response:
    return await http.post("/auth/login", json={"email": email, "password": "a wrong one"})


async def _log_in(lab: Lab) -> dict[str, str]:
    answer = await lab.http.post("/auth/login", json=ADA)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}
