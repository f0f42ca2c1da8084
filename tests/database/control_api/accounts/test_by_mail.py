"""Addresses that are proven, codes to log in with, new passwords."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import select

from storage.engine import EVERY_TENANT
from storage.tables.mailed_code import MailedCode
from tests.support.control_lab import PASSWORD, Lab, client_of, opened_lab

ADA = "ada@example.com"


@pytest.fixture
async def strict_lab(database_url: str) -> AsyncIterator[Lab]:
    """A server where keys wait for a proof."""
    async with opened_lab(database_url, needs_proof=True) as lab:
        yield lab


async def _post(lab: Lab, path: str, headers: dict[str, str] | None = None, **body: str) -> httpx.Response:
    return await lab.http.post(path, json=body, headers=headers)


async def _code(lab: Lab, email: str = ADA) -> str:
    answer = await _post(lab, "/auth/otp/request", email=email)
    assert (answer.status_code, answer.json()) == (200, {"sent": True})
    assert lab.postbox.mails[-1].to == email
    return lab.postbox.code()


def _for_clients(link: str) -> str:
    """Return where a client proves with the token of a mailed link, which leads people to a page."""
    return link.replace("/confirm?", "?")


async def _is_in(lab: Lab, token: str) -> bool:
    return (await lab.http.get("/v1/flows", headers={"Authorization": f"Bearer {token}"})).status_code == 200


# --- proof ----------------------------------------------------------------------------------------------------------
async def test_keys_wait_until_the_address_is_proven(strict_lab: Lab) -> None:
    ada = await strict_lab.sign_up()
    refused = await strict_lab.http.post("/auth/api-keys", headers=ada)
    assert refused.status_code == 403
    assert refused.json() == {"detail": "Email not verified. Check your inbox for a verification link."}
    by_kupe = await strict_lab.http.post("/api/v1/api-keys", json={}, headers=ada)
    assert (by_kupe.status_code, by_kupe.json()) == (403, refused.json())
    (mail,) = strict_lab.postbox.mails
    assert mail.to == ADA
    proven = await strict_lab.http.get(_for_clients(strict_lab.postbox.link()))
    assert (proven.status_code, proven.json()) == (200, {"verified": True})
    assert (await strict_lab.http.post("/auth/api-keys", headers=ada)).status_code == 201


async def test_a_scanner_that_opens_the_mailed_link_proves_nothing(strict_lab: Lab) -> None:
    ada = await strict_lab.sign_up()
    link = strict_lab.postbox.link()
    page = await strict_lab.http.get(link)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (await strict_lab.http.post("/auth/api-keys", headers=ada)).status_code == 403
    path, _, token = link.partition("?token=")
    done = await strict_lab.http.post(path, data={"token": token})
    assert (done.status_code, "Your address is confirmed" in done.text) == (200, True)
    assert 'href="https://app.example.com/ui"' in done.text
    assert (await strict_lab.http.post("/auth/api-keys", headers=ada)).status_code == 201
    again = await strict_lab.http.post(path, data={"token": token})
    assert (again.status_code, "Invalid verification token" in again.text) == (400, True)


async def test_what_is_in_a_link_cannot_write_the_page(strict_lab: Lab) -> None:
    page = await strict_lab.http.get("/auth/verify-email/confirm", params={"token": '"><script>alert(1)</script>'})
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_a_link_works_once_and_for_a_day(strict_lab: Lab) -> None:
    await strict_lab.sign_up()
    link = _for_clients(strict_lab.postbox.link())
    assert (await strict_lab.http.get(link)).status_code == 200
    again = await strict_lab.http.get(link)
    assert (again.status_code, again.json()) == (400, {"detail": "Invalid verification token"})
    await strict_lab.sign_up("bob@example.com")
    strict_lab.clock.passed_s = 24 * 3600
    late = await strict_lab.http.get(_for_clients(strict_lab.postbox.link()))
    assert (late.status_code, late.json()) == (400, {"detail": "Verification link expired"})


async def test_a_link_is_sent_again_and_the_old_one_is_void(strict_lab: Lab) -> None:
    ada = await strict_lab.sign_up()
    old = _for_clients(strict_lab.postbox.link())
    assert (await _post(strict_lab, "/auth/verify-email/request", ada)).status_code == 200
    assert (await strict_lab.http.get(old)).status_code == 400
    assert (await strict_lab.http.get(_for_clients(strict_lab.postbox.link()))).status_code == 200
    assert (await _post(strict_lab, "/auth/verify-email/request", ada)).status_code == 422, "it is proven"


async def test_a_sign_up_does_not_fail_by_its_mail(strict_lab: Lab) -> None:
    strict_lab.postbox.closed = True
    ada = await strict_lab.sign_up()
    answer = await _post(strict_lab, "/auth/verify-email/request", ada)
    assert answer.status_code == 503


# --- codes ----------------------------------------------------------------------------------------------------------
async def test_a_code_makes_an_account_and_lets_in_once(lab: Lab) -> None:
    code = await _code(lab)
    made = await _post(lab, "/auth/otp/verify", email="ADA@example.com", code=code)
    assert made.status_code == 200
    assert await _is_in(lab, made.json()["access_token"])
    assert len(lab.signups) == 1
    again = await _post(lab, "/auth/otp/verify", email=ADA, code=code)
    assert (again.status_code, again.json()) == (401, {"detail": "Invalid or expired OTP code"})
    assert (await _post(lab, "/auth/otp/verify", email=ADA, code=await _code(lab))).status_code == 200
    assert len(lab.signups) == 1, "the same account"


async def test_a_code_is_kept_only_as_what_cannot_be_read(lab: Lab) -> None:
    code = await _code(lab)
    async with lab.database.reading(EVERY_TENANT) as session:
        row = (await session.scalars(select(MailedCode))).one()
    assert code not in row.secret_hash
    assert len(row.secret_hash) == 64


@pytest.mark.parametrize("passed_s", [600, 6_000])
async def test_a_code_runs_out(lab: Lab, passed_s: int) -> None:
    code = await _code(lab)
    lab.clock.passed_s = passed_s
    assert (await _post(lab, "/auth/otp/verify", email=ADA, code=code)).status_code == 401


async def test_a_code_bears_five_tries(lab: Lab) -> None:
    code = await _code(lab)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(5):
        assert (await _post(lab, "/auth/otp/verify", email=ADA, code=wrong)).status_code == 401
    assert (await _post(lab, "/auth/otp/verify", email=ADA, code=code)).status_code == 401


async def test_a_code_is_good_for_its_address_and_purpose_only(lab: Lab) -> None:
    code = await _code(lab)
    assert (await _post(lab, "/auth/otp/verify", email="bob@example.com", code=code)).status_code == 401
    reset = await _post(lab, "/auth/password/reset", email=ADA, code=code, new_password="battery staple")
    assert reset.status_code == 401


async def test_five_mails_an_hour_go_to_an_address(lab: Lab) -> None:
    for _ in range(5):
        await _code(lab)
    answer = await _post(lab, "/auth/otp/request", email=ADA)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 60
    assert len(lab.postbox.mails) == 5
    await _code(lab, "bob@example.com")


async def test_a_mail_that_does_not_leave_is_told(lab: Lab) -> None:
    lab.postbox.closed = True
    answer = await _post(lab, "/auth/otp/request", email=ADA)
    assert answer.status_code == 503
    assert ADA not in answer.text


async def test_whoever_proves_an_address_gets_it_without_what_a_stranger_left(lab: Lab) -> None:
    stranger = await lab.sign_up()
    key = await lab.make_key(stranger)
    await lab.http.post("/v1/hooks", json={"url": "https://example.com/hook"}, headers=stranger)
    await lab.http.patch("/v1/providers", json={"llm_api_key": "sk-of-the-stranger"}, headers=stranger)
    credentials = {"account_sid": "AC" + "1" * 32, "auth_token": "of the stranger".replace(" ", "-")}
    line = {"number": "+14158675309", "provider": "twilio", "credentials": credentials, "flow_id": "greet"}
    assert (await lab.http.post("/native/v1/lines", json=line, headers=stranger)).status_code == 201
    agent = await lab.http.post("/api/v1/agents/simple", json={"name": "Theirs"}, headers=stranger)
    hook = f"/api/v1/webhooks/agents/{agent.json()['agent']['id']}"
    known = (await lab.http.get(hook, params={"reveal_secret": True}, headers=stranger)).json()["secret"]
    lab.clock.passed_s = 1
    token = (await _post(lab, "/auth/otp/verify", email=ADA, code=await _code(lab))).json()["access_token"]
    owner = {"Authorization": f"Bearer {token}"}
    for left in (stranger, key):
        assert (await lab.http.get("/v1/flows", headers=left)).status_code == 401
    assert (await _post(lab, "/auth/login", email=ADA, password=PASSWORD)).status_code == 401
    assert (await lab.http.get("/v1/hooks", headers=owner)).json() == []
    assert (await lab.http.get("/v1/providers", headers=owner)).json()["llm_api_key_set"] is False
    assert (await lab.http.get("/native/v1/lines", headers=owner)).json() == []
    assert (await lab.http.get(hook, params={"reveal_secret": True}, headers=owner)).json()["secret"] != known
    # From now on the address is proven, and another code takes nothing away.
    mine = await lab.make_key(owner)
    await _post(lab, "/auth/otp/verify", email=ADA, code=await _code(lab))
    assert (await lab.http.get("/v1/flows", headers=mine)).status_code == 200


# --- passwords ------------------------------------------------------------------------------------------------------
async def test_a_password_is_changed_by_who_knows_it_and_all_tokens_are_void(lab: Lab) -> None:
    ada = await lab.sign_up()
    path, new = "/auth/password/change", "battery staple"
    wrong = await _post(lab, path, ada, current_password="wrong horse", new_password=new)
    assert (wrong.status_code, wrong.json()) == (401, {"detail": "Invalid credentials"})
    changed = await _post(lab, path, ada, current_password=PASSWORD, new_password=new)
    assert changed.status_code == 200
    assert await _is_in(lab, changed.json()["access_token"])
    assert (await lab.http.get("/v1/flows", headers=ada)).status_code == 401
    assert (await _post(lab, "/auth/login", email=ADA, password=PASSWORD)).status_code == 401
    assert (await _post(lab, "/auth/login", email=ADA, password=new)).status_code == 200


async def test_a_key_changes_no_password(lab: Lab) -> None:
    key = await lab.make_key(await lab.sign_up())
    answer = await _post(lab, "/auth/password/change", key, current_password=PASSWORD, new_password="battery staple")
    assert answer.status_code == 401


async def test_who_needs_no_log_in_has_no_password(local_lab: Lab) -> None:
    answer = await _post(local_lab, "/auth/password/change", current_password="a", new_password="battery staple")
    assert answer.status_code == 403


async def test_passwords_are_not_guessed_by_changing_them(lab: Lab) -> None:
    ada = await lab.sign_up()
    told = [
        (await _post(lab, "/auth/password/change", ada, current_password="wrong", new_password="battery staple"))
        for _ in range(11)
    ]
    assert [each.status_code for each in told] == [401] * 10 + [429]


async def test_a_forgotten_password_is_set_anew(lab: Lab) -> None:
    ada = await lab.sign_up()
    new = "battery staple"
    asked = await _post(lab, "/auth/password/reset/request", email=ADA)
    assert (asked.status_code, asked.json()) == (200, {"sent": True})
    code = lab.postbox.code()
    done = await _post(lab, "/auth/password/reset", email=ADA, code=code, new_password=new)
    assert done.status_code == 200
    assert await _is_in(lab, done.json()["access_token"])
    assert (await lab.http.get("/v1/flows", headers=ada)).status_code == 401
    assert (await _post(lab, "/auth/login", email=ADA, password=PASSWORD)).status_code == 401
    assert (await _post(lab, "/auth/login", email=ADA, password=new)).status_code == 200
    assert (await _post(lab, "/auth/password/reset", email=ADA, code=code, new_password="x" * 8)).status_code == 401


async def test_who_has_no_account_is_told_so_by_mail_and_nobody_else_is(lab: Lab) -> None:
    await lab.sign_up()
    known = await _post(lab, "/auth/password/reset/request", email=ADA)
    unknown = await _post(lab, "/auth/password/reset/request", email="eve@example.com")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert [mail.to for mail in lab.postbox.mails] == [ADA, "eve@example.com"]
    assert "no account" in lab.postbox.mails[1].text


@pytest.mark.parametrize("path", ["/auth/otp/request", "/auth/password/reset/request"])
async def test_requests_of_one_peer_are_slowed_down(lab: Lab, path: str) -> None:
    async with client_of(lab.app, peer="203.0.113.9") as http:
        told = [await http.post(path, json={"email": f"a{number}@example.com"}) for number in range(51)]
    assert [each.status_code for each in told] == [200] * 50 + [429]
