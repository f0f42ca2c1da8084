"""The page behind the link that proves an address: its button proves, opening it does not.

Scanners of mail open every link. Plain HTML, so that it works where no page was built, and without scripts.
"""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.responses import HTMLResponse

from control_api.accounts.by_mail import ByMail
from control_api.dialects.prepatu.errors import declared
from kit.errors import InputError

PATH = "/auth/verify-email/confirm"
_Token = Annotated[str, Query(max_length=200)]
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
}
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 1rem/1.5 ui-sans-serif, system-ui, sans-serif }}
body {{ margin: 0; background: light-dark(#f7f7f9, #101218); color: light-dark(#20222b, #ebecf0) }}
main {{ max-width: 26rem; margin: 12vh auto 0; padding: 1.75rem; border-radius: .75rem;
  border: 1px solid light-dark(#dfe0e6, #33363f); background: light-dark(#fff, #181b22) }}
h1 {{ margin: 0 0 .5rem; font-size: 1.25rem }}
p {{ margin: 0 0 1.25rem }}
button {{ min-height: 2.75rem; padding: 0 1.25rem; border: 0; border-radius: .5rem; font: inherit; font-weight: 500;
  cursor: pointer; background: light-dark(#4744b8, #a3a6f5); color: light-dark(#fff, #14152b) }}
a {{ color: light-dark(#4744b8, #a3a6f5) }}
</style>
<main><h1>{title}</h1>{body}</main>
</html>
"""


def verify_page_router(by_mail: ByMail, frontend_url: str) -> APIRouter:
    """Return the page and what its button does; afterwards it leads to the dashboard at `frontend_url`."""
    router = APIRouter(prefix=PATH, tags=["auth"], default_response_class=HTMLResponse)
    answers = declared()
    answers[400] = {"content": {**answers[400]["content"], "text/html": {"schema": {"type": "string"}}}}

    @router.get("", responses=declared())
    async def confirm_page(token: _Token) -> HTMLResponse:
        """Show a button that proves the address; this link is what people are mailed."""
        button = (
            "<p>Press the button to prove that this address is yours.</p>"
            f'<form method="post"><input type="hidden" name="token" value="{escape(token)}">'
            "<button>Confirm</button></form>"
        )
        return _page("Confirm your e-mail address", button)

    @router.post("", responses=answers)
    async def confirm(token: Annotated[str, Form(max_length=200)]) -> HTMLResponse:
        """Prove the address, and say so in HTML."""
        way_on = f'<p><a href="{escape(frontend_url)}/ui">Go to your account</a></p>'
        try:
            await by_mail.prove(token)
        except InputError as error:
            return _page(str(error), f"<p>Log in and have the link sent again.</p>{way_on}", 400)
        return _page("Your address is confirmed", way_on)

    return router


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=escape(title), body=body), status, _HEADERS)
