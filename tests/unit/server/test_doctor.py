import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from server import doctor, drain
from server.doctor_command import doctor as doctor_command
from server.doctor_command import lines_of
from server.settings import Settings


def _settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg, arg-type]  # pydantic checks


class _ModelServer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        allowed = self.headers.get("Authorization") == "Bearer right"
        body = b'{"data": [{"id": "small"}]}' if self.path == "/v1/models" else b"[1]"
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def model_server() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), _ModelServer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_this_python_is_good_enough() -> None:
    assert not doctor.python_version(_settings()).problem


def test_a_taken_port_is_a_problem_with_a_fix() -> None:
    with drain.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        diagnosis = doctor.port(_settings(port=port))
    assert diagnosis.problem
    assert f"Port {port}" in diagnosis.detail
    assert not doctor.port(_settings(port=port)).problem


def test_a_data_folder_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    assert not doctor.data_dir(_settings(data_dir=tmp_path / "new")).problem
    (tmp_path / "file").write_text("")
    assert doctor.data_dir(_settings(data_dir=tmp_path / "file")).problem


def test_flows_are_checked_by_name(tmp_path: Path) -> None:
    assert doctor.flow_files(_settings(flows_dir=tmp_path)).problem
    (tmp_path / "broken.yaml").write_text("states: [")
    diagnosis = doctor.flow_files(_settings(flows_dir=tmp_path))
    assert diagnosis.problem
    assert diagnosis.detail.startswith("broken: ")


@pytest.mark.parametrize(
    ("path", "key", "model", "says"),
    [
        ("/v1", "right", "small", "answers"),
        ("/v1/", "right", None, "answers"),
        ("/v1", "wrong", "small", "answers HTTP 401"),
        ("/v1", "right", "large", "does not offer large"),
        ("/other", "right", "small", "does not answer: 'list' object has no attribute 'get'"),
    ],
)
def test_the_language_model_is_asked(model_server: str, path: str, key: str, model: str | None, says: str) -> None:
    settings = _settings(llm_base_url=model_server + path, llm_api_key=SecretStr(key), llm_model=model)
    diagnosis = doctor.language_model(settings)
    assert diagnosis.detail == says
    assert diagnosis.problem is (says != "answers")


def test_a_language_model_that_is_not_there_is_a_problem() -> None:
    with drain.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    assert doctor.language_model(_settings(llm_base_url=f"http://127.0.0.1:{port}/v1")).problem
    assert doctor.language_model(_settings(llm_base_url="ftp://somewhere")).problem


def test_no_language_model_is_no_problem() -> None:
    assert not doctor.language_model(_settings()).problem


def test_a_microphone_beyond_this_machine_needs_tls() -> None:
    assert doctor.microphone(_settings()).fix == ""
    assert "TLS" in doctor.microphone(_settings(host="0.0.0.0")).fix


def test_a_problem_is_printed_with_its_fix() -> None:
    lines = lines_of(doctor.Diagnosis("Port 8000", "taken", problem=True, fix="Choose another."))
    assert lines == ["✗ Port 8000: taken", "    → Choose another."]
    assert lines_of(doctor.Diagnosis("Python", "3.12.1")) == ["✓ Python: 3.12.1"]


def test_the_models_are_whole() -> None:
    assert not doctor.models(_settings()).problem


def test_the_command_exits_with_1_if_there_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FLOWS_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("PORT", "0")
    result = CliRunner().invoke(doctor_command, [])
    assert result.exit_code == 1
    assert "✗ Flows: no *.yaml in" in result.output
    assert "✓ Python" in result.output
