import pytest
from pydantic import SecretStr

from kit.errors import ConfigError
from pipeline.ports import TextToSpeech
from pipeline.usage import Kind
from providers.fake.llm import FakeLlm
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.resilience.member import PATIENT, STT_PATIENCE
from providers.trimmed import TrimmedTts
from server.provider_choice import Access, Choice, Named, Pick, parse_picks
from server.provider_registry import ProviderRegistry
from tests.support import virtual_time

EMBEDDED = Choice(parse_picks("stt", "embedded"), parse_picks("tts", "embedded"))


def test_the_embedded_models_are_shared_and_given_time() -> None:
    stt, tts = FakeStt([]), FakeTts()
    registry = ProviderRegistry(stt, tts)
    members = registry.members(EMBEDDED)
    assert (members.stt[0].provider, members.llm) == (stt, [])
    assert isinstance(members.tts[0].provider, TrimmedTts), "what every voice promises"
    assert members.stt[0].patience is PATIENT
    again = registry.members(EMBEDDED)
    assert (again.stt[0], again.tts[0]) == (members.stt[0], members.tts[0])


def test_the_local_model_is_made_once() -> None:
    made: list[FakeLlm] = []

    def make() -> FakeLlm:
        made.append(FakeLlm([["Hello."]]))
        return made[-1]

    registry = ProviderRegistry(FakeStt([]), FakeTts(), local_llm=make)
    choice = Choice(llm=parse_picks("llm", "local")).over(EMBEDDED)
    assert registry.members(choice).llm[0].provider is registry.members(choice).llm[0].provider
    assert len(made) == 1


@pytest.mark.parametrize(
    ("choice", "why"),
    [
        (Choice(llm=parse_picks("llm", "local")), "run: make llm"),
        (Choice(stt=parse_picks("stt", "deepgram")), "set DEEPGRAM_API_KEY"),
        (
            Choice(tts=parse_picks("tts", "openai"), access={"openai": Access(SecretStr("k"), "ftp://x")}),
            "must begin with http",
        ),
    ],
)
def test_what_cannot_be_made_is_refused_with_what_to_do(choice: Choice, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        ProviderRegistry(FakeStt([]), FakeTts()).members(choice)


@pytest.mark.parametrize(
    ("kind", "pick", "access", "why"),
    [
        ("llm", "groq:m", Access(), r'set PROVIDER_KEYS={"groq": "…"}'),
        ("llm", "deepinfra", Access(SecretStr("k")), "needs a model"),
        ("tts", "cartesia", Access(), r'set PROVIDER_KEYS={"cartesia": "…"}'),
        ("llm", "azure:m", Access(SecretStr("k")), r'set PROVIDER_BASE_URLS={"azure"'),
    ],
)
def test_what_a_vendor_wants_is_named(kind: Kind, pick: str, access: Access, why: str) -> None:
    picked = Pick(kind, *pick.split(":"))
    with pytest.raises(ConfigError, match=why):
        ProviderRegistry().member(picked, Choice(access={picked.vendor: access}))


def _with_key(key: str) -> Choice:
    return Choice(tts=parse_picks("tts", "openai"), access={"openai": Access(SecretStr(key))}).over(EMBEDDED)


def test_providers_of_keys_that_nobody_uses_are_closed_oldest_first() -> None:
    async def scenario() -> None:
        made: list[_Voice] = []

        def remembering(_tts: TextToSpeech) -> TextToSpeech:
            made.append(_Voice())
            return made[-1]

        registry = ProviderRegistry(FakeStt([]), None, remembering=remembering, kept=3)
        talking = registry.members(_with_key("first"))
        async with registry.lent(talking):
            for key in ("second", "third", "fourth"):
                async with registry.lent(registry.members(_with_key(key))):
                    pass
            assert [voice.closed for voice in made] == [False, True, True, False], "the first one is in use"
            assert registry.members(_with_key("first")).tts[0] is talking.tts[0]
        async with registry.lent(registry.members(_with_key("second"))):
            pass
        assert len(made) == 5, "what was closed is made anew"
        await registry.aclose()
        assert all(voice.closed for voice in made)

    virtual_time.run(scenario())


class _Voice(FakeTts):
    closed = False

    async def aclose(self) -> None:
        self.closed = True


def test_a_flow_names_models_that_are_made_with_the_calls_keys() -> None:
    choice = Choice(access={"deepgram": Access(SecretStr("k"))}).over(EMBEDDED)
    registry = ProviderRegistry(FakeStt([]), FakeTts())
    named = Named(stt={"deepgram:nova-2": Pick("stt", "deepgram", "nova-2")})
    assert registry.members(choice, named).recognisers["deepgram:nova-2"].provider.model == "nova-2"
    with pytest.raises(ConfigError, match="set OPENAI_API_KEY"):
        registry.members(choice, Named(llm={"openai:m": Pick("llm", "openai", "m")}))


def test_a_hosted_service_is_made_with_its_vendors_key_and_given_its_time() -> None:
    services = "pipecat:pipecat.services"
    stt = f"{services}.cartesia.stt.CartesiaSTTService, {services}.openai.stt.OpenAISTTService"
    access = {f"pipecat.{vendor}": Access(SecretStr("k")) for vendor in ("cartesia", "openai")}
    choice = Choice(stt=parse_picks("stt", stt), access=access).over(EMBEDDED)
    along, whole = ProviderRegistry(FakeStt([]), FakeTts()).members(choice).stt
    assert (along.provider.provider, whole.provider.provider) == ("pipecat.cartesia", "pipecat.openai")
    assert along.patience is STT_PATIENCE
    assert whole.patience.first_s > 1, "it reads whole turns"


def test_a_hosted_service_without_its_key_is_refused() -> None:
    choice = Choice(stt=parse_picks("stt", "pipecat:pipecat.services.cartesia.stt.CartesiaSTTService")).over(EMBEDDED)
    with pytest.raises(ConfigError, match="PIPECAT_KEYS") as caught:
        ProviderRegistry(FakeStt([]), FakeTts()).members(choice)
    assert caught.value.code == "config.provider_key"
