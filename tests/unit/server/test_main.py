import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from server import drain
from server.main import COMMANDS, main
from server.serve_command import address
from server.settings import Settings

ROOT = Path(__file__).parents[3]


def test_help_lists_every_command_and_imports_none() -> None:
    script = "import sys; from server.main import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert all(f"  {name} " in done.stdout for name in COMMANDS)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {"uvicorn", "fastapi", "numpy", "pydantic", "flows.load", "server.doctor"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {name}")


def test_an_unknown_command_is_refused() -> None:
    result = CliRunner().invoke(main, ["sing"])
    assert result.exit_code == 2
    assert "No such command 'sing'" in result.output


def test_a_taken_port_is_a_message_with_a_fix_and_no_traceback() -> None:
    with drain.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        command = [sys.executable, "-m", "server.main", "serve", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: Port {port} on 127.0.0.1: Address already in use.")
    assert f"antiphon serve --port {port + 1}" in done.stderr


def test_a_wrong_setting_is_a_message() -> None:
    result = CliRunner().invoke(main, ["serve", "--port", "99999"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: PORT: ")


def test_a_host_that_does_not_exist_is_a_message() -> None:
    result = CliRunner().invoke(main, ["serve", "--host", "no such host"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: HOST=no such host: ")


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("localhost", "localhost"), ("::1", "[::1]")],
)
def test_the_address_can_be_opened_in_a_browser(host: str, shown: str) -> None:
    settings = Settings(_env_file=None, host=host)  # type: ignore[call-arg]  # pydantic-settings' own argument
    with drain.listen("127.0.0.1", 0) as listener:
        assert address(settings, listener) == f"http://{shown}:{listener.getsockname()[1]}/"
