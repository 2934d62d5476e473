"""Amounts of money in words."""

import pytest

from desktop.domain.amounts import cost_text


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        ("12.3456", "$12.35"),
        ("1234.5", "$1,234.50"),
        ("0.01", "$0.01"),
        ("0.001240000", "$0.00124"),
        ("0.00164875", "$0.00165"),
        ("0.0010", "$0.001"),
        ("0.0000007", "$0.0000007"),
        ("0", "$0.00"),
        ("", ""),
        ("NaN", ""),
        ("much", ""),
    ],
)
def test_small_amounts_keep_three_digits(usd: str, text: str) -> None:
    assert cost_text(usd) == text
