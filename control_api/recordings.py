"""How a recording is handed out: the file, or the way to the store that has it."""

from collections.abc import Mapping
from typing import Any

from fastapi import Response
from starlette.responses import FileResponse, RedirectResponse

from control_api.ports import CallArchive, RecordingLink

ELSEWHERE: Mapping[int | str, dict[str, Any]] = {307: {"description": "The recording is there, for a few minutes."}}


def recording_response(archive: CallArchive, call_id: str, name: str) -> Response:
    """Answer with the recording of a call, to be saved as `name`.

    Raises:
        NotFoundError: `call.not_found` or `call.not_recorded`.
    """
    found = archive.recording(call_id)
    if isinstance(found, RecordingLink):
        return RedirectResponse(found.url, headers={"Cache-Control": "no-store"})
    return FileResponse(found, media_type="audio/wav", filename=f"{name}.wav")
