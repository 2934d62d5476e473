"""Amounts of money in words."""

from decimal import Decimal, InvalidOperation

_CENT = Decimal("0.01")
_DIGITS = 3


def cost_text(usd: str) -> str:
    """A billed amount for people: cents, or three digits that mean something; "" for no number.

    Args:
        usd: Decimal text in US dollars.
    """
    try:
        amount = Decimal(usd)
    except InvalidOperation:
        return ""
    if not amount.is_finite():
        return ""
    if amount == 0 or abs(amount) >= _CENT:
        return f"${amount:,.2f}"
    places = _DIGITS - 1 - amount.adjusted()
    return f"${amount:.{places}f}".rstrip("0")
