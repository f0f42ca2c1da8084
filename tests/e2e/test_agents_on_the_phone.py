"""An integrator's agents on real servers and simulated carriers: whole conversations, and a server that is killed."""

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import httpx
import pytest

from server.caller.exotel_wire import ExotelWire
from server.caller.live_call import CallPlan, CallRecord
from server.caller.phone import make_phone_call
from server.caller.phone_wire import PhoneWire
from server.caller.script import in_order
from server.caller.twilio_wire import TwilioWire
from server.caller.voice import Voice, VoiceSpec
from tests.support.carriers.rest_server import CarrierRest
from tests.support.carriers.twilio_account import ACCOUNT_SID, AUTH_TOKEN, sign
from tests.support.server_process import ADMIN, RATE_CENTS, Server, serving
from tests.support.vendors.http import KEY
from tests.support.vendors.openai import Answer, OpenAiServer, text, tool_call

PUBLIC = "https://voice.example.com"
PATIENCE_S = 30.0
US_LINE, INDIA_LINE = "+14158675309", "+918047112345"
CARRIERS = {
    "twilio": (US_LINE, "+12125550123", {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN}),
    "exotel": (
        INDIA_LINE,
        "+919876543210",
        {"account_sid": "acc-1", "api_key": "key", "api_token": "token", "socket_password": "s3cret"},
    ),
}
GREETING = "Hello {{name}}, do you want tea or coffee?"
"""One sentence: a voice rests between two for longer than a caller waits for the turn."""
SAYS = ("I would like some coffee.", "Coffee, please.")  # again, if a busy machine did not catch it
_FLOW = """
id: drinks
version: "1.0.0"
initial_state: ask
states:
  ask:
    reprompt: Do you want tea or coffee?
    transitions:
      on_utterance: [{pattern: coffee, target: done}]
      on_timeout: {seconds: 8, max_retries: 2, fallback: done}
  done:
    say: Coffee it is. Good-bye.
    transitions: {}
"""

pytestmark = pytest.mark.timeout(240)


@dataclass
class Integrator:
    """Somebody with an account, a carrier's account and a program."""

    server: Server
    carriers: CarrierRest
    http: httpx.AsyncClient
    carrier: str
    line_id: str = ""
    agents: dict[str, str] = field(default_factory=dict)

    async def post(self, path: str, body: Any, **headers: str) -> Any:
        answer = await self.http.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def get(self, path: str, **query: str) -> Any:
        answer = await self.http.get(path, params=query)
        assert answer.is_success, answer.text
        return answer.json()

    async def settle(self) -> None:
        """Sign up, put money in, add a line and two agents: one with a flow, one with a free prompt."""
        person = {"email": "ada@example.com", "password": "correct horse"}
        self.http.headers["Authorization"] = f"Bearer {(await self.post('/auth/signup', person))['access_token']}"
        money = {"email": person["email"], "amount_usd_cents": 1_000, "key": "once"}
        await self.post("/v1/credits/top-up", money, Authorization=f"Bearer {ADMIN}")
        await self.http.put("/native/v1/calling-rules", json={"opens_min": 0, "closes_min": 1_440})
        number, _, credentials = CARRIERS[self.carrier]
        new = {"phone_number": number, "provider": self.carrier, "credentials": credentials}
        self.line_id = (await self.post("/api/v1/phone", new))["phone_number"]["id"]
        flow = await self.post("/v1/flows", {"name": "drinks", "yaml_content": _FLOW})
        greets = {"name": "Bar", "flow_id": flow["id"], "first_response_message": GREETING}
        helps = {"name": "Desk", "first_response_message": "Hello, who is it?"}
        for name, agent in (("flow", greets), ("prompt", helps)):
            wish = {"agent": agent, "agent_specific_config": {"auto_terminate_call": name == "prompt"}}
            self.agents[name] = (await self.post("/api/v1/agents", wish))["agent"]["id"]

    async def call(self, agent: str, key: str) -> Any:
        """Ask for a call, as documented."""
        query = {"phoneNumber": CARRIERS[self.carrier][1], "agent_id": self.agents[agent]}
        body = {"variable_values": {"name": "Ada"}}
        return await self.post(f"/api/call/create_call?{urlencode(query)}", body, **{"Idempotency-Key": key})

    def ordered(self) -> list[str]:
        """Return where the carrier was told to send the sound of each call that it was asked for."""
        if self.carrier == "twilio":
            return [call.stream_url for call in self.carriers.twilio.calls.values()]
        return [order["StreamUrl"] for order in self.carriers.exotel.orders]

    async def answered(self, stream_url: str, *says: str, wire: PhoneWire | None = None) -> CallRecord:
        """Be the carrier and the callee of a call."""
        at = urlsplit(stream_url)
        assert f"{at.scheme}://{at.netloc}" == PUBLIC.replace("http", "ws")
        voice = Voice(VoiceSpec("deep"))
        url = stream_url.replace(PUBLIC.replace("http", "ws"), f"ws://{self.server.origin}")
        sounds = {line: voice.sound_of(line) for line in says}
        headers = {"X-Twilio-Signature": sign(stream_url)} if self.carrier == "twilio" else {}
        plan = CallPlan(url, in_order(says), sounds, limit_s=60, headers=headers)
        return await make_phone_call(plan, wire=wire or self.wire("CA1"))

    def wire(self, call: str) -> PhoneWire:
        """Return a stream of the carrier's for a call of its."""
        if self.carrier == "twilio":
            return TwilioWire("MZ1", call, ACCOUNT_SID)
        return ExotelWire("stream-1", call, "acc-1")

    async def told_over(self) -> None:
        """Have the carrier tell that its first call is over, twice, as carriers do."""
        if self.carrier == "twilio":
            call = next(iter(self.carriers.twilio.calls.values()))
            url, form = call.asked["StatusCallback"], {"CallSid": call.sid, "CallStatus": "completed"}
        else:
            order = self.carriers.exotel.orders[0]
            url = order["StatusCallback"]
            form = {"CallSid": "sid-1", "Status": "completed", "CustomField": order["CustomField"]}
        for _ in range(2):
            answer = await self.http.post(url.removeprefix(PUBLIC), data=form, headers=_signed(url, form))
            assert answer.is_success, answer.text

    async def record(self, request_id: str) -> Any:
        """Return the record of a call, once it has one."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = await self.get("/api/v1/call-analytics", request_id=request_id)
                if found["usage"]:
                    return found
                await asyncio.sleep(0.1)

    async def recording_s(self, record: Any) -> float:
        """Return how long a recording is, by its link alone."""
        async with httpx.AsyncClient(base_url=f"http://{self.server.origin}") as anybody:
            answer = await anybody.get(record["recording_url"].removeprefix(PUBLIC))
        assert answer.is_success, answer.text
        with wave.open(io.BytesIO(answer.content)) as file:
            assert file.getnchannels() == 2
            return float(file.getnframes() / file.getframerate())

    async def spent_cents(self) -> float:
        left = await self.get("/api/v1/billing/credit-balance")
        return round(float(1_200 - 100 * left["available_balance_usd"]), 3)


def _signed(url: str, form: dict[str, str]) -> dict[str, str]:
    return {"X-Twilio-Signature": sign(url, form)}


def _clerk(body: dict[str, Any]) -> Answer:
    """Answer as a model would that was told to end the call on a good-bye."""
    last = body["messages"][-1]
    said = str(last["content"]).lower()
    offered = [tool["function"]["name"] for tool in body.get("tools", ())]
    if last["role"] == "user" and "bye" in said and "terminate_call" in offered:
        return tool_call("terminate_call", "{}")
    return text("Nice to meet you, ", "anything else?")


@asynccontextmanager
async def _integrator(
    data: Path, database_url: str, carriers: CarrierRest, model: OpenAiServer
) -> AsyncIterator[Integrator]:
    carrier = "twilio" if database_url.startswith("sqlite") else "exotel"
    settings = {
        "DATABASE_URL": database_url,
        "PUBLIC_URL": PUBLIC,
        "RECORD": "true",
        "TWILIO_BASE_URL": carriers.url,
        "EXOTEL_BASE_URL": carriers.url,
        "LLM_BASE_URL": model.base_url,
        "LLM_API_KEY": KEY,
        "LLM_MODEL": "gpt-test",
    }
    async with (
        serving(data, **settings) as server,
        httpx.AsyncClient(base_url=f"http://{server.origin}", timeout=30) as http,
    ):
        yield Integrator(server, carriers, http, carrier)


async def _kept_once(ada: Integrator, request_id: str) -> None:
    kept = await ada.record(request_id)
    said = [(each["role"], each["content"]) for each in kept["transcript"]]
    told = {role: " ".join(text.lower() for who, text in said if who == role) for role, _ in said}
    assert said[0] == ("assistant", GREETING.replace("{{name}}", "Ada"))
    assert ("coffee" in told["user"], said[-1][0], "coffee it is" in said[-1][1].lower()) == (True, "assistant", True)
    number, callee, _ = CARRIERS[ada.carrier]
    assert (kept["agent_id"], kept["session_type"], kept["end_reason"]) == (ada.agents["flow"], "outbound", "completed")
    assert (kept["from_number"], kept["to_number"]) == (number, callee)
    assert (await ada.recording_s(kept)) == pytest.approx(kept["duration_s"], abs=1)
    assert kept["cost_usd"] == RATE_CENTS / 100, "one started minute"
    await ada.told_over()
    listed = await ada.get("/api/v1/call-analytics", page="1")
    assert [each["id"] for each in listed["items"]] == [kept["id"]]
    assert await ada.spent_cents() == RATE_CENTS


async def _killed_in_mid_call(ada: Integrator, data: Path) -> str:
    told = await ada.call("flow", "second")
    talking = asyncio.create_task(ada.answered(ada.ordered()[1]))
    recorded = data / "calls" / told["request_id"] / "recording.part"
    async with asyncio.timeout(PATIENCE_S):
        while not (recorded.exists() and recorded.stat().st_size > 44):  # noqa: ASYNC110  another process's file
            await asyncio.sleep(0.05)
    await ada.server.kill()
    assert not (await talking).completed
    return str(told["request_id"])


async def _lost_once(ada: Integrator, request_id: str) -> None:
    lost = await ada.record(request_id)
    assert (lost["agent_id"], lost["status"], lost["end_reason"]) == (ada.agents["flow"], "failed", "server_lost")
    assert lost["to_number"] == CARRIERS[ada.carrier][1]
    assert await ada.recording_s(lost) > 1
    assert (await ada.call("flow", "second"))["request_id"] == request_id
    assert len(ada.ordered()) == 2, "nobody was dialled again"
    assert (await ada.get("/api/v1/call-analytics", page="1"))["total"] == 2
    assert await ada.spent_cents() == 2 * RATE_CENTS


async def test_calls_are_had_kept_and_paid_once_also_if_the_server_is_killed(tmp_path: Path, database_url: str) -> None:
    """Twilio calls from the one database, Exotel from the other."""
    async with CarrierRest().running() as carriers, OpenAiServer(_clerk).running() as model:
        async with _integrator(tmp_path, database_url, carriers, model) as ada:
            await ada.settle()
            told = await ada.call("flow", "first")
            assert told["status"] == "success", told
            record = await ada.answered(ada.ordered()[0], *SAYS)
            assert record.completed, record.end_reason
            await _kept_once(ada, told["request_id"])
            lost_id = await _killed_in_mid_call(ada, tmp_path)
            settled = dict(ada.agents), ada.http.headers["Authorization"]
        async with _integrator(tmp_path, database_url, carriers, model) as ada:
            ada.agents, ada.http.headers["Authorization"] = settled
            await _lost_once(ada, lost_id)


async def test_who_rings_reaches_the_agent_of_the_number_and_else_hears_a_polite_sentence(
    tmp_path: Path,
) -> None:
    database_url = f"sqlite:///{tmp_path / 'test.db'}"
    async with (
        CarrierRest().running() as carriers,
        OpenAiServer(_clerk).running() as model,
        _integrator(tmp_path, database_url, carriers, model) as ada,
    ):
        await ada.settle()
        assert "nobody can take your call" in (await _rings(ada)).findtext("Say", "")
        await ada.post("/api/v1/phone/mapping", {"phone_number_id": ada.line_id, "agent_id": ada.agents["prompt"]})
        stream = (await _rings(ada)).find("Connect/Stream")
        assert stream is not None
        record = await ada.answered(stream.attrib["url"], "It is Ada.", "No thanks, good bye.", "Good bye.")
        assert record.completed, record.end_reason
        told = {each.attrib["name"]: each.attrib["value"] for each in stream}
        kept = await ada.record(told["request_id"])
        assert (kept["agent_id"], kept["session_type"]) == (ada.agents["prompt"], "inbound")
        assert (kept["from_number"], kept["to_number"]) == (CARRIERS["twilio"][1], US_LINE)
        assert kept["usage"]["llm_tokens"] > 0


async def _rings(ada: Integrator) -> ElementTree.Element:
    url = f"{PUBLIC}/telephony/twilio/voice"
    form = {"CallSid": "CA1", "From": CARRIERS["twilio"][1], "To": US_LINE, "CallStatus": "ringing"}
    answer = await ada.http.post("/telephony/twilio/voice", data=form, headers=_signed(url, form))
    assert answer.is_success, answer.text
    return ElementTree.fromstring(answer.text)
