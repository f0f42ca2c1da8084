"""What the operator decides: environment variables and `.env`, read once at start-up."""

import ipaddress
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from kit.errors import ConfigError

_SERVER = Path(__file__).parent


def _flows_dir() -> Path:
    checkout = _SERVER.parent / "examples" / "flows"
    return checkout if checkout.is_dir() else _SERVER / "example_flows"


class Settings(BaseSettings):
    """One field per environment variable of the same name in capitals; `.env.example` lists them all."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True, frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on; beyond loopback a microphone needs TLS.")
    port: int = Field(default=8000, ge=0, le=65_535, description="TCP port to listen on; 0 takes any free one.")
    public_url: str | None = Field(
        default=None,
        pattern=r"https?://[^/?#]+/?$",
        description="Where clients reach this server, such as https://voice.example.com; unset: where they came.",
    )
    flows_dir: Path = Field(default_factory=_flows_dir, description="Folder of flow files, NAME.yaml.")
    data_dir: Path = Field(default=Path("var"), description="Folder for reports and recordings; made if missing.")
    database_url: SecretStr | None = Field(
        default=None,
        description="postgresql+psycopg://user:password@host/name; unset: a SQLite file in DATA_DIR.",
    )
    jwt_secret: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Signs log-in tokens, 32 characters or more; unset: made once and kept in DATA_DIR.",
    )
    encryption_key: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Encrypts provider keys, 32 characters or more; unset: made once and kept in DATA_DIR.",
    )
    web_token_key: SecretStr | None = Field(
        default=None, description="RSA private key (PEM) that signs web clients' tokens; unset: made once, in DATA_DIR."
    )
    call_origins: str = Field(
        default="", description="Pages that may start calls by /api/call/create_call, such as https://app.example.com."
    )
    open_to_all: bool = Field(
        default=False, description="Whether anybody who reaches the server may talk to its flows without a credential."
    )
    ice_servers_json: SecretStr | None = Field(
        default=None, description="Helpers for WebRTC as a JSON list of RTCIceServer; wins over the next four."
    )
    stun_server: str | None = Field(default=None, description="Who tells an address, such as stun:stun.example.org.")
    turn_server: str | None = Field(default=None, description="A relay for WebRTC, such as turn:turn.example.org:3478.")
    turn_username: str | None = Field(default=None, description="User at TURN_SERVER.")
    turn_password: SecretStr | None = Field(default=None, description="Password at TURN_SERVER.")
    turn_key_id: str | None = Field(
        default=None, description="Key of Cloudflare's TURN service; TURN_API_TOKEN belongs to it."
    )
    turn_api_token: SecretStr | None = Field(default=None, description="Makes credentials for TURN_KEY_ID.")
    turn_api_url: str | None = Field(default=None, description="Address of that service, if it is not Cloudflare's.")
    turn_ttl_seconds: int = Field(
        default=3600, ge=300, le=172_800, description="How long such credentials are good for, in seconds."
    )
    agent_update_guard: bool = Field(
        default=True, description="Whether an active agent's models change only with force_update=true."
    )
    api_key_scopes_add: bool = Field(
        default=False, description="Whether path rows of an API key add to its role's paths; else they restrict it."
    )
    max_calls: int = Field(default=8, ge=1, description="Calls at once; one more is told that the server is full.")
    record: bool = Field(default=True, description="Whether calls are recorded.")
    recordings_bucket: str | None = Field(
        default=None, description="Bucket of an S3-compatible store for recordings; unset: they stay in DATA_DIR."
    )
    recordings_endpoint: str | None = Field(
        default=None, pattern="https?://", description="Address of that store, if it is not Amazon's."
    )
    recordings_region: str = Field(default="us-east-1", description="Region of that store.")
    recordings_key_id: str | None = Field(default=None, description="Access key for that store.")
    recordings_secret_key: SecretStr | None = Field(default=None, description="The secret that belongs to it.")
    recordings_prefix: str = Field(default="", description="What names in the bucket begin with, such as `calls/`.")
    recordings_disk_mb: int = Field(
        default=10_000, ge=1, description="If so much waits for the store, calls are no longer recorded; in MB."
    )
    stt: str = Field(
        default="embedded", description="Recognisers in order, such as `deepgram:nova-3, embedded` (docs/providers.md)."
    )
    tts: str = Field(default="embedded", description="Voices in order, such as `deepgram:aura-2-thalia-en, embedded`.")
    llm: str | None = Field(
        default=None,
        description="Language models in order, such as `anthropic:MODEL`; unset: LLM_BASE_URL, else local.",
    )
    language: str = Field(default="en", min_length=2, description="BCP 47 tag, where a flow names none.")
    deepgram_api_key: SecretStr | None = Field(default=None, description="Key for Deepgram.")
    deepgram_base_url: str | None = Field(default=None, description="Address of Deepgram, if it is not the vendor's.")
    openai_api_key: SecretStr | None = Field(default=None, description="Key for OpenAI.")
    openai_base_url: str | None = Field(default=None, description="Address of OpenAI, if it is not the vendor's.")
    anthropic_api_key: SecretStr | None = Field(default=None, description="Key for Anthropic.")
    anthropic_base_url: str | None = Field(default=None, description="Address of Anthropic, if it is not the vendor's.")
    twilio_base_url: str | None = Field(default=None, description="Address of Twilio, if it is not the carrier's.")
    plivo_base_url: str | None = Field(
        default=None, description="Address of Plivo, or of a carrier that speaks alike, if it is not the carrier's."
    )
    exotel_base_url: str | None = Field(default=None, description="Address of Exotel, if it is not the carrier's.")
    exotel_networks: list[str] = Field(
        default_factory=list, description="From where Exotel calls; empty: from anywhere, with a line's password."
    )
    asterisk_ari_url: str | None = Field(default=None, description="ARI, such as http://127.0.0.1:8088/ari.")
    asterisk_ari_user: str | None = Field(default=None, description="Who listens there to how calls go.")
    asterisk_ari_password: SecretStr | None = Field(default=None, description="The password of that user.")
    audiosocket_port: int | None = Field(default=None, ge=0, le=65_535, description="TCP port for AudioSockets.")
    provider_keys: dict[str, SecretStr] = Field(
        default_factory=dict, description='Keys of the other vendors, such as {"cartesia": "…", "groq": "…"}.'
    )
    provider_base_urls: dict[str, str] = Field(
        default_factory=dict, description='Addresses of those, such as {"azure": "https://RESOURCE.openai.azure.com"}.'
    )
    pipecat_keys: dict[str, SecretStr] = Field(
        default_factory=dict, description='Keys for hosted pipecat services by vendor, such as {"cartesia": "…"}.'
    )
    pipecat_base_urls: dict[str, str] = Field(
        default_factory=dict, description="Addresses of hosted pipecat services by vendor, as their classes want them."
    )
    llm_base_url: str | None = Field(
        default=None, description="OpenAI-compatible address, such as http://127.0.0.1:8080/v1."
    )
    llm_api_key: SecretStr | None = Field(default=None, description="Key for LLM_BASE_URL.")
    llm_model: str | None = Field(default=None, description="Model name at LLM_BASE_URL.")
    local_llm: bool = Field(True, description="Whether to use the model that `make llm` fetched, if there is one.")
    log_level: str = Field(
        "info", pattern="(?i)^(debug|info|warning|error)$", description="Least level that is logged."
    )
    log_json: bool = Field(default=False, description="Log JSON lines instead of text.")
    metrics_token: SecretStr | None = Field(
        default=None, description="What a reader of /metrics must send as a bearer token; unset: nothing."
    )
    rate_per_minute_usd_cents: int = Field(default=3, ge=0, description="What a started minute of a call costs.")
    sign_up_credits_usd_cents: int = Field(default=200, ge=0, description="What a new account is given.")
    meter_tick_s: int = Field(
        default=10, ge=1, le=60, description="How often a running call is metered and its lease renewed, in seconds."
    )
    admin_token: SecretStr | None = Field(
        default=None, min_length=16, description="Who sends it as a bearer token may top up any account."
    )
    paddle_webhook_secret: SecretStr | None = Field(
        default=None, description="Signs POST /webhooks/paddle; unset: payments are not taken."
    )
    paddle_prices: str = Field(
        default="",
        pattern=r"^([a-z]+=pri_\w+(,[a-z]+=pri_\w+)*)?$",
        description="Paddle's price of each package, such as starter=pri_1,pro=pri_2. Unset: the page names the "
        "package, and only full payments in US dollars are taken.",
    )
    freemius_product_id: str | None = Field(
        default=None, description="Our product at Freemius; unset: POST /webhooks/freemius is not taken."
    )
    freemius_public_key: str = Field(default="", description="Its public key, for checkout pages.")
    freemius_secret_key: SecretStr | None = Field(default=None, description="Its secret key, which signs its events.")
    freemius_plans: str = Field(
        default="",
        pattern=r"^([a-z]+=\d+(,[a-z]+=\d+)*)?$",
        description="The plan of each package, such as starter=101,standard=102,pro=103.",
    )
    freemius_sandbox: bool = Field(default=False, description="Whether payments of its sandbox count; never for real.")
    frontend_url: str | None = Field(
        default=None,
        pattern=r"https?://[^?#]+$",
        description="Where the page /ui is, for who has logged in elsewhere; unset: PUBLIC_URL.",
    )
    smtp_host: str | None = Field(default=None, description="Server that takes our mail; unset: none is sent.")
    smtp_port: int = Field(default=587, ge=1, le=65_535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How its connection is encrypted: starttls, tls (port 465) or none."
    )
    smtp_user: str | None = Field(default=None, description="Log-in there, if it wants one.")
    smtp_password: SecretStr | None = Field(default=None, description="Password there.")
    email_from: str | None = Field(
        default=None, description="Sender of our mail, such as Antiphon <no-reply@example.com>."
    )
    email_require_verification: bool = Field(
        default=True, description="Whether API keys wait until their owner's address is proven, where mail is sent."
    )
    google_client_id: str | None = Field(default=None, description="Log-in by Google; unset: none.")
    google_client_secret: SecretStr | None = Field(default=None, description="Its secret.")
    google_base_url: str | None = Field(default=None, description="What stands for Google, for tests.")
    github_client_id: str | None = Field(default=None, description="Log-in by GitHub; unset: none.")
    github_client_secret: SecretStr | None = Field(default=None, description="Its secret.")
    github_base_url: str | None = Field(
        default=None, description="A GitHub Enterprise Server, if it is not github.com."
    )
    hooks_secret: SecretStr | None = Field(
        default=None, min_length=32, description="The secrets of hooks are derived from it."
    )
    hooks_allow_private: bool = Field(
        default=False, description="Whether hooks may go to addresses that are not public, and by plain HTTP."
    )
    drain_timeout_s: float = Field(
        default=1800.0, ge=0, description="How long a stopping server lets calls go on, in seconds."
    )
    speech_cache_bytes: int = Field(
        default=64 * 1024 * 1024, ge=0, description="How much synthesised speech is kept in memory; 0 for none."
    )
    inference_threads: int = Field(default=2, ge=1, description="Worker threads for the embedded models.")

    @model_validator(mode="after")
    def _has_what_mail_and_log_ins_need(self) -> "Settings":
        wants_url = {
            "SMTP_HOST": self.smtp_host,
            "GOOGLE_CLIENT_ID": self.google_client_id,
            "GITHUB_CLIENT_ID": self.github_client_id,
        }
        needing = [name for name, value in wants_url.items() if value is not None]
        if needing and self.public_url is None:
            raise ValueError(f"{needing[0]} needs PUBLIC_URL: people are sent links to this server.")
        if self.smtp_host is not None and self.email_from is None:
            raise ValueError("SMTP_HOST needs EMAIL_FROM.")
        return self

    @property
    def frontend_address(self) -> str:
        """Where the page /ui is; empty if that was not said."""
        return (self.frontend_url or self.public_url or "").rstrip("/")

    @property
    def database_address(self) -> str:
        """Where the control plane keeps its tables; may hold a password."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.data_dir / 'antiphon.db').resolve()}"

    @property
    def has_own_account(self) -> bool:
        """Whether there are people without a credential, for whom the server has an account."""
        return self.on_loopback or self.open_to_all

    @property
    def local_url(self) -> str | None:
        """Where this machine reaches the server; None if it listens to others too."""
        return f"http://{self.host}:{self.port}" if self.on_loopback else None

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; `overrides` that are not None win over the environment.

    Raises:
        ConfigError: A value is not allowed; the message names the variable.
    """
    try:
        return Settings(**{key: value for key, value in overrides.items() if value is not None})
    except ValidationError as error:
        found = error.errors(include_input=False)
        problems = [f"{str(each['loc'][0]).upper()}: {each['msg']}" if each["loc"] else each["msg"] for each in found]
        raise ConfigError("; ".join(problems)) from error
