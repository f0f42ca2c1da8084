"""Speech to text by Deepgram: Nova, which is asked for its reading, and Flux, which hears the end of a turn itself."""

from typing import Final

from kit.errors import ProviderError
from pipeline.capabilities import SttCapabilities
from providers.deepgram.flux import FluxReading
from providers.deepgram.nova import NovaReading
from providers.deepgram.sdk import BASE_URL, PROVIDER, sdk_client
from providers.deepgram.stream import DeepgramStream, Dialect

_RATES_HZ: Final = (16_000, 8000)
_EAGER_THRESHOLD: Final = 0.5
_FINAL_LIMIT_S: Final = 1.0
_UPDATE_LIMIT_S: Final = 1.0  # a message comes four times a second of audio


class DeepgramStt:
    """Listens with one model; each call has a socket of its own, opened with the call and kept until its end."""

    provider = PROVIDER

    def __init__(self, *, api_key: str, model: str = "nova-3", base_url: str = BASE_URL) -> None:
        """Connect to nothing yet.

        Args:
            api_key: The vendor's.
            model: `nova-…` or `flux-general-en`, `flux-general-multi`.
            base_url: Where the vendor is.
        """
        self.model = model
        self._flux = model.startswith("flux")
        self.capabilities = SttCapabilities(
            _RATES_HZ,
            partials=True,
            languages=("en",) if model == "flux-general-en" else (),
            word_times=True,
            end_of_turn=self._flux,
        )
        self._client = sdk_client(api_key, base_url)

    async def open(self, language: str, rate_hz: int = 16_000) -> DeepgramStream:
        """Open a socket.

        Raises:
            ProviderError: It cannot be reached, or refuses the key, the model or the language.
        """
        if self.capabilities.languages and language.split("-")[0].lower() not in self.capabilities.languages:
            raise ProviderError(self.provider, f"{self.model} does not understand {language!r}", retryable=False)
        assert rate_hz in self.capabilities.rates_hz, "the caller chooses a rate that is offered"
        dialect = self._flux_dialect(rate_hz) if self._flux else self._nova_dialect(rate_hz)
        stream = DeepgramStream(dialect, language, rate_hz)
        await stream.wait_open()
        return stream

    async def warm(self) -> None:
        """Do nothing: a socket is opened with each call, before its first turn."""

    async def aclose(self) -> None:
        """Do nothing: nothing is open between calls."""

    def _nova_dialect(self, rate_hz: int) -> Dialect:
        return Dialect(
            lambda language: self._client.listen.v1.connect(
                model=self.model,
                language=language,
                encoding="linear16",
                sample_rate=rate_hz,
                interim_results="true",
                punctuate="true",
            ),
            NovaReading,
            cut="Finalize",
            final_comes=True,
            by_language=True,
            read_limit_s=_FINAL_LIMIT_S,
        )

    def _flux_dialect(self, rate_hz: int) -> Dialect:
        hinted = self.model == "flux-general-multi"
        return Dialect(
            lambda language: self._client.listen.v2.connect(
                model=self.model,
                encoding="linear16",
                sample_rate=str(rate_hz),
                eager_eot_threshold=str(_EAGER_THRESHOLD),
                language_hint=[language.split("-")[0]] if hinted else None,
            ),
            FluxReading,
            cut="ForceEndTurn",
            final_comes=False,
            by_language=hinted,
            read_limit_s=_UPDATE_LIMIT_S,
        )
