"""What is taken as an API key or a provider's address, and that a key never shows itself."""

import copy
import logging
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.domain.errors import CredentialError
from desktop.domain.keys import (
    DEFAULT_BASE_URL,
    DEFAULT_ORIGIN,
    BaseUrl,
    BaseUrlError,
    SecretKey,
    is_loopback,
    parse_base_url,
    validate_key,
)

KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "pasted",
    [
        KEY,
        f"  {KEY}\r\n",
        f"Bearer {KEY}",
        f"bearer\t{KEY}\n",
        f"\ufeff{KEY}\u200b",
        f"\u200e \ufeffBearer \u2060{KEY}\u00a0",
        f"\x1f{KEY}\x0b",
    ],
)
def test_what_a_paste_brings_along_is_trimmed(pasted: str) -> None:
    assert validate_key(pasted) == KEY


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Enter an API key"),
        (" \n\ufeff", "Enter an API key"),
        ("Bearer", "Enter an API key"),
        ("Bearer \t", "Enter an API key"),
        ("<YOUR_AIMLAPI_KEY>", "placeholder"),
        ("Bearer <YOUR_API_KEY>", "placeholder"),
        ("your_aimlapi_key", "placeholder"),
        ("canary-0123 456789", "no blanks"),
        ("canary-0123\n456789", "no blanks"),
        ("canary-0123\u200b456789", "plain letters"),
        ("canary-ключ-456789", "plain letters"),
        ("canary-\ud83d-456789", "plain letters"),
        ("canary-\x00-456789", "control"),
        ("canary-\x7f-456789", "control"),
        ('"canary-0123456789"', "quotation"),
        ("'canary-0123456789'", "quotation"),
        ("<canary-0123456789>", "quotation"),
        ("canary-" + "0" * 506, "too long"),
        ("canary-" + "0" * 10_000, "too long"),
    ],
)
def test_an_unusable_key_is_refused_without_being_repeated(text: str, reason: str) -> None:
    with pytest.raises(CredentialError) as caught:
        SecretKey(text)
    assert reason in caught.value.user_text
    shown = f"{caught.value!r} {caught.value} {vars(caught.value)}"
    assert "canary" not in shown
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_the_longest_key_is_taken() -> None:
    assert len(validate_key("k" * 512)) == 512


def test_a_key_that_starts_with_bearer_is_kept_whole() -> None:
    assert validate_key("bearer0123456789") == "bearer0123456789"


@given(st.text(max_size=600))
def test_any_text_gives_a_clean_key_or_a_credential_error(text: str) -> None:
    try:
        key = validate_key(text)
    except CredentialError:
        return
    assert key.isascii()
    assert key.isprintable()
    assert " " not in key
    assert 0 < len(key) <= 512
    assert validate_key(key) == key


def test_a_secret_key_shows_itself_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    key = SecretKey(KEY)
    caplog.set_level(logging.INFO)
    logging.getLogger("test").info("%s %r", key, [key])
    shown = [repr(key), str(key), f"{key}", f"{key!s:>40}", repr({"key": key}), caplog.text]
    assert all(KEY not in text and KEY[8:] not in text for text in shown)
    assert not hasattr(key, "__dict__")
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_secret_keys_compare_by_value_and_copy_as_themselves() -> None:
    key = SecretKey(KEY)
    assert key == SecretKey(f" {KEY} ")
    assert key != SecretKey("another-key-of-mine")
    assert key != KEY
    assert len({key, SecretKey(KEY)}) == 1
    assert copy.copy(key) is key
    assert copy.deepcopy({"a": key})["a"] is key
    assert key.reveal() == KEY


def test_the_prefix_is_eight_characters_and_never_most_of_a_short_key() -> None:
    assert SecretKey(KEY).prefix == "01234567"
    assert SecretKey(KEY[:10]).prefix == "01234"


@pytest.mark.parametrize(
    ("typed", "origin", "api_root"),
    [
        (DEFAULT_BASE_URL, DEFAULT_ORIGIN, DEFAULT_ORIGIN),
        ("https://api.aimlapi.com/", DEFAULT_ORIGIN, DEFAULT_ORIGIN),
        ("https://api.aimlapi.com/v1", DEFAULT_ORIGIN, DEFAULT_ORIGIN),
        (" https://api.aimlapi.com/v1//\n", DEFAULT_ORIGIN, DEFAULT_ORIGIN),
        ("https://api.aimlapi.com/v1/v1/", DEFAULT_ORIGIN, DEFAULT_ORIGIN),
        ("HTTPS://API.AIMLAPI.COM:443/v1", DEFAULT_ORIGIN, DEFAULT_ORIGIN),
        ("https://api.aimlapi.com.", DEFAULT_ORIGIN, DEFAULT_ORIGIN),
        ("https://gw.example:8443/ai/v1", "https://gw.example:8443", "https://gw.example:8443/ai"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:80", "http://localhost", "http://localhost"),
        ("http://[::1]:9000", "http://[::1]:9000", "http://[::1]:9000"),
        ("https://[2001:DB8:0::1]/v1", "https://[2001:db8::1]", "https://[2001:db8::1]"),
        (
            "https://bücher.example",
            "https://xn--bcher-kva.example",
            "https://xn--bcher-kva.example",
        ),
    ],
)
def test_an_address_gives_origin_and_api_root(typed: str, origin: str, api_root: str) -> None:
    assert parse_base_url(typed) == BaseUrl(origin, api_root)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "Enter the provider's address"),
        ("api.aimlapi.com", "Start the address with https://"),
        ("ftp://api.aimlapi.com", "Start the address with https://"),
        ("file:///etc/passwd", "Start the address with https://"),
        ("https:/api.aimlapi.com", "Start the address with https://"),
        ("http://api.aimlapi.com", "Use https"),
        ("http://192.168.1.2:8080", "Use https"),
        ("http://localhost.example", "Use https"),
        ("http://127.0.0.1.example", "Use https"),
        ("https://api aimlapi.com", "blanks"),
        ("https://api.aimlapi.com/a b", "blanks"),
        ("https://me:canary@api.aimlapi.com", "user name"),
        ("https://api.aimlapi.com\\@evil.example", "cannot be part"),
        ("https://@api.aimlapi.com", "user name"),
        ("https://api.aimlapi.com:99999", "not valid"),
        ("https://api.aimlapi.com:0", "1 to 65535"),
        ("https://api.aimlapi.com:", "1 to 65535"),
        ("https://api.aimlapi.com:x", "not valid"),
        ("https://", "not valid"),
        ("https://-x.example", "not valid"),
        ("https://a..b", "not valid"),
        ("https://" + "a" * 64 + ".example", "not valid"),
        ("https://a%2eb.example", "not valid"),
        ("https://[::1", "not valid"),
        ("https://[zz]", "not valid"),
        ("https://api.aimlapi.com/v1?x=1", "from ? or # on"),
        ("https://api.aimlapi.com/#", "from ? or # on"),
        ("https://api.aimlapi.com/../v1", "path"),
        ("https://api.aimlapi.com/é", "path"),
        ("https://api.aimlapi.com/v1/chat/completions", "End the address"),
        ("https://api.aimlapi.com/responses", "End the address"),
        ("https://x.example/" + "a" * 2048, "too long"),
        ("https://api.aimlapi.com\u202e", "cannot be part"),
    ],
)
def test_a_wrong_address_is_refused_with_the_reason(typed: str, reason: str) -> None:
    with pytest.raises(BaseUrlError) as caught:
        parse_base_url(typed)
    assert reason in caught.value.user_text
    assert "canary" not in caught.value.user_text


@given(st.text(max_size=80), st.sampled_from(["", "https://", "http://", "https://a.example/"]))
def test_any_text_gives_an_address_that_parses_to_itself_or_an_error(text: str, start: str) -> None:
    try:
        url = parse_base_url(start + text)
    except BaseUrlError:
        return
    assert parse_base_url(url.api_root + "/v1") == url
    assert url.api_root.startswith(url.origin)
    assert url.origin.isascii()


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "::1", "[::1]"]
)
def test_loopback_hosts(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "10.0.0.1", "localhost.example", "::2", "127.1"])
def test_other_hosts_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)
