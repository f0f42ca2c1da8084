"""Checks of an installation, each with its fix."""

import json
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kit.errors import AntiphonError
from server import drain
from server.pages import is_built
from server.settings import Settings

LLM_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What one check found.

    Attributes:
        problem: Something does not work as it is set up.
        fix: What to do; may go with a ✓ too, as advice.
    """

    name: str
    detail: str
    problem: bool = False
    fix: str = ""


Check = Callable[[Settings], Diagnosis]


def examine(settings: Settings) -> Iterator[Diagnosis]:
    """Run all checks, one after the other."""
    for check in CHECKS:
        yield check(settings)


def python_version(_: Settings) -> Diagnosis:
    """Check the interpreter."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    old = sys.version_info < (3, 11)
    return Diagnosis("Python", version, problem=old, fix="Use Python 3.11 or later." if old else "")


def models(_: Settings) -> Diagnosis:
    """Check the digests of all embedded weights."""
    from providers.embedded.weights import verify  # only `doctor` needs the models' packages

    problems = verify()
    if problems:
        return Diagnosis("Models", "; ".join(problems), problem=True, fix="Install again: make run")
    return Diagnosis("Models", "all weights are here and whole")


def port(settings: Settings) -> Diagnosis:
    """Check that the server could listen."""
    name = f"Port {settings.port}"
    try:
        drain.listen(settings.host, settings.port).close()
    except AntiphonError as error:
        return Diagnosis(name, str(error), problem=True, fix="Set HOST or PORT, or stop the other server.")
    return Diagnosis(name, f"free on {settings.host}")


def data_dir(settings: Settings) -> Diagnosis:
    """Check that reports and recordings can be written."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data_dir):
            pass
    except OSError as error:
        detail = f"{settings.data_dir}: {error.strerror}"
        return Diagnosis("Data folder", detail, problem=True, fix="Set DATA_DIR to a folder that can be written.")
    return Diagnosis("Data folder", f"{settings.data_dir.resolve()} can be written")


def flow_files(settings: Settings) -> Diagnosis:
    """Check every flow."""
    from server.flow_store import FlowStore  # the flow language is not needed for the other checks

    store = FlowStore(settings.flows_dir)
    names, problems = store.names(), store.problems()
    if not names:
        detail = f"no *.yaml in {settings.flows_dir}"
        return Diagnosis("Flows", detail, problem=True, fix="Set FLOWS_DIR to a folder of flow files.")
    if problems:
        detail = "; ".join(f"{name}: {error}" for name, error in problems.items())
        return Diagnosis("Flows", detail, problem=True, fix="See what is wrong: antiphon flow check FILE")
    return Diagnosis("Flows", f"{len(names)} valid in {settings.flows_dir}")


def language_model(settings: Settings) -> Diagnosis:
    """Check that the language model answers, if one is set."""
    name = "Language model"
    if settings.llm_base_url is None:
        return Diagnosis(
            name,
            "none; flows run on their own lines and recognisers",
            fix="If you want one: make llm, or set LLM_BASE_URL.",
        )
    if not settings.llm_base_url.startswith(("http://", "https://")):
        return Diagnosis(name, "LLM_BASE_URL is no http address", problem=True, fix="Set LLM_BASE_URL=http://…/v1")
    request = urllib.request.Request(f"{settings.llm_base_url.rstrip('/')}/models")  # checked above
    if settings.llm_api_key is not None:
        request.add_header("Authorization", f"Bearer {settings.llm_api_key.get_secret_value()}")
    try:
        with urllib.request.urlopen(request, timeout=LLM_TIMEOUT_S) as response:
            offered = {str(each.get("id")) for each in json.load(response).get("data", [])}
    except urllib.error.HTTPError as error:
        fix = "Set LLM_API_KEY." if error.code in (401, 403) else "Look at the model server's log."
        return Diagnosis(name, f"answers HTTP {error.code}", problem=True, fix=fix)
    except (OSError, ValueError, AttributeError) as error:
        return Diagnosis(name, f"does not answer: {error}", problem=True, fix="Start it, or mend LLM_BASE_URL.")
    if offered and settings.llm_model is not None and settings.llm_model not in offered:
        return Diagnosis(name, f"does not offer {settings.llm_model}", problem=True, fix="Set LLM_MODEL.")
    return Diagnosis(name, "answers")


def talk_page(_: Settings) -> Diagnosis:
    """Check that there is a page to talk from."""
    if not is_built():
        return Diagnosis("Talk page", "not built", problem=True, fix="Run: make web")
    return Diagnosis("Talk page", "built")


def microphone(settings: Settings) -> Diagnosis:
    """Say whether a browser will give the page its microphone."""
    if settings.on_loopback:
        return Diagnosis("Microphone", "browsers on this machine give it to the page")
    return Diagnosis(
        "Microphone",
        "browsers give it only to https pages and to this machine",
        fix="Put a proxy with TLS in front for other machines.",
    )


CHECKS: tuple[Check, ...] = (
    python_version,
    models,
    port,
    data_dir,
    flow_files,
    language_model,
    talk_page,
    microphone,
)
