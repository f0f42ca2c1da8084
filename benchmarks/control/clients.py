"""Many HTTP clients in one cheap process: a bare keep-alive connection each, one request after the other."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any


class Client:
    """One connection; see RFC 9112 for the framing."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader = reader
        self._writer = writer
        self._host = host

    @classmethod
    async def connect(cls, port: int) -> "Client":
        """Open a connection to a server on this machine."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        return cls(reader, writer, f"127.0.0.1:{port}")

    def close(self) -> None:
        """Close without ceremony."""
        self._writer.close()

    async def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> tuple[int, bytes]:
        """Send a request; return the status and the body of its answer."""
        whole = {"Host": self._host, "Content-Length": str(len(body)), "Content-Type": "application/json", **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in whole.items())
        self._writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        at = head.index(b"content-length:")
        length = int(head[at + 15 : head.index(b"\r\n", at)])
        return int(head[9:12]), await self._reader.readexactly(length)

    async def json(self, method: str, path: str, headers: Mapping[str, str], body: Any = None) -> Any:
        """Send and read JSON; the answer must be a good one."""
        status, answer = await self.request(method, path, headers, b"" if body is None else json.dumps(body).encode())
        assert 200 <= status < 300, f"{method} {path}: {status} {answer[:300]!r}"
        return json.loads(answer)
