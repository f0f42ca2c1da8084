import pytest

from control_api.providers.vault import Vault
from kit.errors import InputError

KEY = "sk-or-very-secret"


def test_what_is_sealed_can_be_read_again_and_does_not_show() -> None:
    vault = Vault(b"v" * 32)
    sealed = vault.seal(KEY, "ada/llm")
    assert KEY not in sealed
    assert Vault(b"v" * 32).open(sealed, "ada/llm") == KEY


def test_the_same_text_never_looks_the_same() -> None:
    vault = Vault(b"v" * 32)
    assert len({vault.seal(KEY, "ada/llm") for _ in range(20)}) == 20


@pytest.mark.parametrize(
    "damage", [str.upper, lambda text: text[:-4], lambda _: "", lambda _: "v1.ü", lambda _: "v1.AAAA"]
)
def test_what_was_changed_cannot_be_read(damage: object) -> None:
    assert callable(damage)
    sealed = Vault(b"v" * 32).seal(KEY, "ada/llm")
    with pytest.raises(InputError, match="set it again"):
        Vault(b"v" * 32).open(damage(sealed), "ada/llm")


@pytest.mark.parametrize(("secret", "about"), [(b"w" * 32, "ada/llm"), (b"v" * 32, "bob/llm"), (b"v" * 32, "ada/stt")])
def test_another_secret_or_another_place_does_not_open_it(secret: bytes, about: str) -> None:
    sealed = Vault(b"v" * 32).seal(KEY, "ada/llm")
    with pytest.raises(InputError, match="set it again"):
        Vault(secret).open(sealed, about)
