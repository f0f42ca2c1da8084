from kit.errors import CapacityError, NotFoundError, ProviderError


def test_an_error_has_the_code_of_its_class_unless_it_says_otherwise() -> None:
    assert CapacityError("full").code == "capacity.full"
    assert NotFoundError("no flow", code="flow.not_found").code == "flow.not_found"
    assert NotFoundError("other").code == "input.not_found"


def test_a_provider_error_names_the_provider() -> None:
    error = ProviderError("whisper", "stalled", retryable=True, code="stt.stalled")
    assert (str(error), error.provider, error.retryable, error.code) == (
        "whisper: stalled",
        "whisper",
        True,
        "stt.stalled",
    )
