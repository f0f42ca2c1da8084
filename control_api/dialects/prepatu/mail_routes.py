"""`/auth`: what is done by mail, and passwords."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request

from control_api.access import DECLARED, Person
from control_api.accounts.by_mail import ByMail
from control_api.dialects.prepatu.auth_routes import peer_of
from control_api.dialects.prepatu.auth_schemas import (
    Address,
    CodeLogIn,
    PasswordChange,
    PasswordReset,
    Sent,
    Token,
    Verified,
)
from control_api.dialects.prepatu.errors import declared
from control_api.route_table import add_routes
from kit.errors import InputError


def mail_router(by_mail: ByMail) -> APIRouter:
    """Return the routes of codes, links and passwords."""
    router = APIRouter(prefix="/auth", tags=["auth"])

    @router.get("/verify-email", responses=declared(400))
    async def verify_email(token: Annotated[str, Query(max_length=200)]) -> Verified:
        """Prove an address by the token that was sent there. People are mailed `/auth/verify-email/confirm` instead."""
        try:
            await by_mail.prove(token)
        except InputError as error:
            raise HTTPException(400, str(error)) from error
        return Verified()

    @router.post("/verify-email/request", responses=declared(401, 429, 503), dependencies=DECLARED)
    async def ask_for_link(who: Person) -> Sent:
        """Send the link once more to the address of who is logged in."""
        await by_mail.ask_again(who)
        return Sent()

    @router.post("/otp/request", responses=declared(429, 503))
    async def ask_for_code(body: Address, request: Request) -> Sent:
        """Send six digits to an address, to log in with within ten minutes."""
        await by_mail.ask_code(body.email, peer_of(request))
        return Sent()

    @router.post("/otp/verify", responses=declared(401, 429))
    async def log_in_by_code(body: CodeLogIn, request: Request) -> Token:
        """Answer the right code with a log-in token; makes the account if there is none."""
        return Token(access_token=await by_mail.log_in(body.email, body.code, peer_of(request)))

    add_routes(router, _password_router(by_mail))
    return router


def _password_router(by_mail: ByMail) -> APIRouter:
    router = APIRouter(prefix="/auth/password", tags=["auth"])

    @router.post("/change", responses=declared(401, 403, 429), dependencies=DECLARED)
    async def change_password(body: PasswordChange, who: Person, request: Request) -> Token:
        """Set a new password for the old one. All log-in tokens are void; the answer has a new one."""
        token = await by_mail.login.change_password(who, body.current_password, body.new_password, peer_of(request))
        return Token(access_token=token)

    @router.post("/reset/request", responses=declared(429, 503))
    async def ask_for_reset(body: Address, request: Request) -> Sent:
        """Send six digits to an address, to set a new password with within ten minutes."""
        await by_mail.ask_reset(body.email, peer_of(request))
        return Sent()

    @router.post("/reset", responses=declared(401, 429))
    async def reset_password(body: PasswordReset, request: Request) -> Token:
        """Set a new password for a code. All log-in tokens are void; the answer has a new one."""
        return Token(access_token=await by_mail.reset(body.email, body.code, body.new_password, peer_of(request)))

    return router
