import pytest

from kit.errors import InputError
from kit.phone_numbers import e164, facts_of


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+14158675309", "+14158675309"),
        ("+1 (415) 867-5309", "+14158675309"),
        (" 14158675309", "+14158675309"),
        ("  +49 30 12345678 ", "+493012345678"),
        ("+91 98123 45678", "+919812345678"),
    ],
)
def test_a_number_has_one_form(text: str, number: str) -> None:
    assert e164(text) == number


@pytest.mark.parametrize(
    "text", ["", "4158675309", "+", "+1", "hello", "+1415867530999999", "+1" * 50, "+14158675309;ext=7", "+999123456"]
)
def test_what_is_no_number_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(InputError) as refused:
        e164(text)
    assert refused.value.code == "phone.invalid_number"
    assert len(text) < 2 or text not in str(refused.value)


def test_a_number_tells_where_it_rings_and_whether_it_costs() -> None:
    berlin = facts_of("+493012345678")
    assert (berlin.region, berlin.zones, berlin.costly, berlin.valid) == ("DE", ("Europe/Berlin",), False, True)
    assert facts_of("+19005551234").costly
    assert len(facts_of("+18005551212").zones) > 10, "a free number rings anywhere"
    assert not facts_of("+11005551212").valid
