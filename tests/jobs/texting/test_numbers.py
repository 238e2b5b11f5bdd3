import pytest

from jobs.texting.numbers import e164, is_listed


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("+4930123456", "+4930123456"),
        (" +49 30 123456 ", "+4930123456"),
        ("+49 (0)30 123456", "+4930123456"),
        ("tel:+1-500-555-0006", "+15005550006"),
        ("+44 20 7946 0018", "+442079460018"),
    ],
)
def test_a_number_is_read_with_its_country_code(given: str, number: str) -> None:
    assert e164(given) == number


@pytest.mark.parametrize(
    "given",
    [
        "",
        "030 123456",
        "0049 30 123456",
        "+1555",
        "+999123456789",
        "+49abc",
        "+44444444444444444444",
        "+4930123456;ext=12",
        "a@example.com",
    ],
)
def test_what_can_be_no_number_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"country code|of this length"):
        e164(given)


def test_an_operators_list_has_numbers_beginnings_and_everybody() -> None:
    assert is_listed("+4930123456", ["+15005550006", "+4930123456"])
    assert is_listed("+4930123456", ["+49*"])
    assert is_listed("+4930123456", ["*"])
    assert not is_listed("+4930123456", [])
    assert not is_listed("+4930123456", ["+493012345", "+43*", ""])
