"""Questions about the key and the account; each is one or more small GETs.

Source: https://docs.aimlapi.com/api-references/service-endpoints/account-balance and
https://docs.aimlapi.com/api-references/service-endpoints/api-key-management
"""

from collections.abc import Awaitable, Callable
from typing import Any

from desktop.api.wire import decimal_text, mapping, whole
from desktop.domain.errors import (
    BadRequestError,
    DesktopError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    QuotaError,
)
from desktop.domain.messages import CREDITS_PER_USD

Get = Callable[[str], Awaitable[dict[str, Any]]]
"""Fetches a JSON object from a path below the root, with a key; raises ``DesktopError``."""

KEY, BALANCE, OLD_BALANCE = "/v1/key", "/v2/billing", "/v1/billing/balance"

_ELSEWHERE = (NotFoundError, PermissionDeniedError, BadRequestError, ProtocolError)
"""Errors of one address that say nothing against the key: another one is asked."""


async def check_key(get: Get) -> None:
    """Returns when the provider accepts the key.

    Raises:
        AuthError: It does not.
        DesktopError: It could not be asked.
    """
    fault: DesktopError | None = None
    for path in (KEY, BALANCE, OLD_BALANCE):
        try:
            await get(path)
        except QuotaError:
            return
        except _ELSEWHERE as error:
            fault = fault or error
        else:
            return
    if fault is not None:
        raise fault


async def balance(get: Get) -> str:
    """The account's balance in US dollars as decimal text.

    Raises:
        DesktopError: It could not be asked.
    """
    try:
        amount = decimal_text((await get(BALANCE)).get("current_balance"))
    except _ELSEWHERE:
        amount = None
    if amount is None:
        credit_count = whole(mapping(await get(OLD_BALANCE)).get("balance"))
        if credit_count is None:
            raise ProtocolError("The provider did not say what the balance is.")
        amount = decimal_text(credit_count / CREDITS_PER_USD)
    if amount is None:
        raise ProtocolError("The provider did not say what the balance is.")
    return amount
