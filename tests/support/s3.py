"""An S3-compatible store on loopback, strict about signatures; it can be away, and forgets nothing.

Written from Amazon's description of signature version 4, and shares no code with what it checks.
"""

import datetime
import hashlib
import hmac
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, urlsplit

from kit.clock import Clock

KEY_ID, SECRET, REGION, BUCKET = "key-1", "the-secret-of-key-1", "eu-test-1", "calls"
_LATE = datetime.timedelta(minutes=15)


@dataclass
class S3:
    """One bucket.

    Attributes:
        objects: What it has, by name.
        later: How far its clock has gone on.
        away: Every request is answered 503 while it is set.
        refused: Why requests were refused.
        uploads: Parts of what is not whole, by upload id.
        requests: Method and path of each request that was good.
    """

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    later: datetime.timedelta = datetime.timedelta(0)
    away: bool = False
    refused: list[str] = field(default_factory=list)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def s3_store() -> Iterator[S3]:
    """Run a store until the block ends."""
    store = S3()
    handler = type("Handler", (_Handler,), {"store": store})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        store.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()


def reason_to_refuse(
    method: str, target: str, headers: Mapping[str, str], body: bytes, now: datetime.datetime
) -> str | None:
    """Check a request as S3 does; returns its code for what is wrong."""
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if "X-Amz-Signature" in query:
        given, signed = query.pop("X-Amz-Signature"), query["X-Amz-SignedHeaders"]
        credential, date, payload = query["X-Amz-Credential"], query["X-Amz-Date"], "UNSIGNED-PAYLOAD"
        good_for = datetime.timedelta(seconds=int(query["X-Amz-Expires"]))
    else:
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        told = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme != "AWS4-HMAC-SHA256" or not {"Credential", "SignedHeaders", "Signature"} <= told.keys():
            return "AccessDenied"
        given, signed, credential = told["Signature"], told["SignedHeaders"], told["Credential"]
        date, payload, good_for = headers["x-amz-date"], headers["x-amz-content-sha256"], _LATE
        if payload != hashlib.sha256(body).hexdigest():
            return "XAmzContentSHA256Mismatch"
    made = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    if not made - _LATE <= now <= made + good_for:
        return "AccessDenied"
    scope = f"{date[:8]}/{REGION}/s3/aws4_request"
    if credential != f"{KEY_ID}/{scope}":
        return "InvalidAccessKeyId"
    lines = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(query.items()))
    names = signed.split(";")
    shown = "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in names)
    request = "\n".join((method, parts.path, lines, shown, signed, payload))
    text = "\n".join(("AWS4-HMAC-SHA256", date, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = b"AWS4" + SECRET.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    good = hmac.new(key, text.encode(), "sha256").hexdigest()
    return None if hmac.compare_digest(good, given) else "SignatureDoesNotMatch"


class _Handler(BaseHTTPRequestHandler):
    store: S3
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self._read()
        if body is None:
            return None
        upload = self._query.get("uploadId")
        if upload is None:
            self.store.objects[self._name] = body
        elif upload in self.store.uploads:
            self.store.uploads[upload][int(self._query["partNumber"])] = body
        else:
            return self._answer(404, b"<Error><Code>NoSuchUpload</Code></Error>")
        return self._answer(200, b"", {"ETag": f'"{hashlib.md5(body).hexdigest()}"'})

    def do_POST(self) -> None:
        body = self._read()
        if body is None:
            return
        upload = self._query.get("uploadId")
        if upload is None:
            upload = uuid.uuid4().hex
            self.store.uploads[upload] = {}
            told = f"<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{self._name}</Key>"
            self._answer(200, f"{told}<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>".encode())
            return
        parts = self.store.uploads.pop(upload)
        self.store.objects[self._name] = b"".join(parts[number] for number in sorted(parts))
        told = f"<CompleteMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{self._name}</Key>"
        self._answer(200, f'{told}<ETag>"whole"</ETag></CompleteMultipartUploadResult>'.encode())

    def do_GET(self) -> None:
        if self._read() is None:
            return
        body = self.store.objects.get(self._name)
        if body is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self._answer(200, body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    @property
    def _query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    @property
    def _name(self) -> str:
        return urlsplit(self.path).path.removeprefix(f"/{BUCKET}/")

    def _read(self) -> bytes | None:
        """Return the body of a good request; others are answered."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.store.away:
            self._answer(503, b"<Error><Code>SlowDown</Code></Error>")
            return None
        headers = {name.lower(): value for name, value in self.headers.items()}
        now = Clock().utc() + self.store.later
        wrong = reason_to_refuse(self.command, self.path, headers, body, now)
        if wrong is not None:
            self.store.refused.append(wrong)
            self._answer(403, f"<Error><Code>{wrong}</Code></Error>".encode())
            return None
        self.store.requests.append((self.command, urlsplit(self.path).path))
        return body

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
