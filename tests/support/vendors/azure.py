"""Azure's OpenAI resource: the same answers at its own paths, with its own key header."""

import re
from dataclasses import replace
from typing import Any

from tests.support.vendors.http import KEY, Reply, Request
from tests.support.vendors.openai import OpenAiServer

_PATH = re.compile(r"/openai/deployments/([^/]+)/chat/completions")


class AzureServer(OpenAiServer):
    """One resource with one deployment, `gpt-test`."""

    @property
    def endpoint(self) -> str:
        return self.url

    def authorized(self, request: Request) -> bool:
        return request.headers.get("api-key") == KEY

    def error(self, status: int) -> dict[str, Any]:
        return {"error": {"code": str(status), "message": "scripted"}}

    async def answer(self, request: Request, reply: Reply) -> None:
        found = _PATH.fullmatch(request.path)
        if found is None or found[1] != "gpt-test" or not request.query.startswith("api-version=20"):
            await self.refuse(reply, 404)
        else:
            await super().answer(replace(request, path="/v1/chat/completions"), reply)
