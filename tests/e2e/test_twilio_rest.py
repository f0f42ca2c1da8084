"""Twilio's own SDK over real HTTP, led to a server that stands in for Twilio."""

import base64
from collections.abc import Iterator

import pytest

from kit.errors import ProviderError
from telephony.twilio.rest import TwilioRest
from tests.support.carriers.twilio_account import ACCOUNT_SID, AUTH_TOKEN
from tests.support.carriers.twilio_lab import LINE
from tests.support.carriers.twilio_server import CALL_SID, UNKNOWN_SID, TwilioServer, twilio_server


@pytest.fixture
def account() -> Iterator[TwilioServer]:
    with twilio_server() as account:
        yield account


async def test_the_sdk_asks_where_it_is_told_and_says_no_number_in_its_logs(
    account: TwilioServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    rest = TwilioRest(account.url)
    assert await rest.create(LINE, to="+12125550123", from_=LINE.number, twiml="<Response/>") == CALL_SID
    await rest.hang_up(LINE, UNKNOWN_SID)
    rest.close()
    (path, authorization, form), (gone, _, _) = account.asked
    assert path == f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json"
    assert authorization == "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
    assert form["To"] == "+12125550123"
    assert gone.endswith(f"/Calls/{UNKNOWN_SID}.json")
    assert "12125550123" not in caplog.text


async def test_nobody_there_is_an_outcome_that_nobody_knows() -> None:
    rest = TwilioRest("http://127.0.0.1:9")
    with pytest.raises(ProviderError) as away:
        await rest.create(LINE, to="+12125550123", from_=LINE.number, twiml="<Response/>")
    rest.close()
    assert (away.value.code, away.value.retryable) == ("carrier.away", True)
