"""Bodies of the routes under `/auth`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

_EMAIL_EXAMPLE = "ada@example.com"


class SignUp(BaseModel):
    """Who wants an account."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": _EMAIL_EXAMPLE, "password": "correct horse"}]})

    email: Annotated[str, Field(min_length=3, max_length=320)]
    password: Annotated[str, Field(min_length=8, max_length=1024)]


class LogIn(BaseModel):
    """Who wants in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": _EMAIL_EXAMPLE, "password": "correct horse"}]})

    email: Annotated[str, Field(min_length=1, max_length=320)]
    password: Annotated[str, Field(min_length=1, max_length=1024)]


class LoginMethods(BaseModel):
    """How people can log in, besides with a password.

    Attributes:
        mail: By a code that is mailed.
        oauth: By whom else, for `/auth/oauth/{provider}`.
    """

    mail: bool
    oauth: list[str]


class Address(BaseModel):
    """Where to send a mail."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": _EMAIL_EXAMPLE}]})

    email: Annotated[str, Field(min_length=3, max_length=320)]


class CodeLogIn(BaseModel):
    """Who was sent a code."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": _EMAIL_EXAMPLE, "code": "271828"}]})

    email: Annotated[str, Field(min_length=1, max_length=320)]
    code: Annotated[str, Field(min_length=1, max_length=20)]


class PasswordChange(BaseModel):
    """Who knows the password and wants another one."""

    current_password: Annotated[str, Field(min_length=1, max_length=1024)]
    new_password: Annotated[str, Field(min_length=8, max_length=1024)]


class PasswordReset(CodeLogIn):
    """Who was sent a code to set a new password with."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": _EMAIL_EXAMPLE, "code": "271828", "new_password": "battery staple"}]}
    )

    new_password: Annotated[str, Field(min_length=8, max_length=1024)]


class Sent(BaseModel):
    """A mail is on its way."""

    sent: Literal[True] = True


class Verified(BaseModel):
    """The address is proven."""

    verified: Literal[True] = True


class Token(BaseModel):
    """What a person sends as `Authorization: Bearer …` for the next 7 days."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"


class KeyMade(BaseModel):
    """A new key; its text is never shown again."""

    key: str
    label: str
    key_id: str
    created_at: float
    scopes: list[str]
    expires_at: float | None


class KeyListed(BaseModel):
    """A key without its secret.

    Attributes:
        key: Its beginning, then dots.
        created_at: Seconds since 1970, like all times here.
    """

    key_id: str
    key_prefix: str
    key: str
    label: str
    created_at: float
    revoked: bool
    scopes: list[str]
    expires_at: float | None
    last_used_at: float | None
