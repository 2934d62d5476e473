import re
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

import desktop
from desktop.ui.links import checked, host_of, open_url

REFUSED = [
    "",
    "file:///etc/passwd",
    "FILE://host/share",
    " FILE://host/x",
    " https://example.org",
    "https://example.org ",
    "smb://host/share",
    "ms-msdt:/id",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    r"\\host\share",
    r"https:\\host\share",
    r"https://host\@evil.example/",
    "//host/share",
    "ht\ttp://example.org",
    "http\n://example.org",
    "https://exa\u0000mple.org",
    "https://example.org/\u202f\u2028",
    "https://example.org/\ud800",
    "https://user@example.org/",
    "https://user:secret@example.org/",
    "https://@example.org/",
    "https://",
    "https:///path",
    "https:example.org",
    "http:/example.org",
    "https://exa mple.org",
    "https://[::1",
    "https://example.org:port/",
    "mailto:",
    "mailto:nobody",
    "mailto://host/x@y",
    "mailto:a@example.org?attach=/etc/passwd",
    "mailto:a@example.org?Attachment=/etc/passwd",
    "mailto:a@example.org?subject=x&file=y",
    "https://example.org/" + "a" * 8192,
    "example.org",
    "/etc/passwd",
    "about:blank",
]
ALLOWED = {
    "https://example.org": "example.org",
    "http://example.org/a?b=c#d": "example.org",
    "HTTPS://Example.ORG/": "example.org",
    "https://example.org:8443/a": "example.org",
    "https://[::1]/": "::1",
    "https://bücher.example/straße?q=ü": "xn--bcher-kva.example",
    "https://xn--bcher-kva.example/": "xn--bcher-kva.example",
    "https://\u0435xample.org/": "xn--xample-2of.org",
    "https://example.org/a@b": "example.org",
    "mailto:a@example.org": "a@example.org",
    "mailto:a@example.org?subject=Hi%20there&body=x": "a@example.org",
}


class Opener(QObject):
    """Stands where the browser is."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.opened.append(bytes(url.toEncoded().data()).decode())


@pytest.fixture
def opener(qapp: QApplication):
    made = Opener()
    schemes = ("http", "https", "mailto", "file", "data", "javascript", "smb")
    for scheme in schemes:
        QDesktopServices.setUrlHandler(scheme, made, "take")
    yield made
    for scheme in schemes:
        QDesktopServices.unsetUrlHandler(scheme)


@pytest.mark.parametrize("url", REFUSED)
def test_a_refused_link_opens_nothing(opener: Opener, url: str) -> None:
    assert not open_url(url)
    assert host_of(url) == ""
    assert checked(url) is None
    assert opener.opened == []


@pytest.mark.parametrize(("url", "host"), ALLOWED.items())
def test_an_allowed_link_is_handed_over(opener: Opener, url: str, host: str) -> None:
    assert host_of(url) == host
    assert open_url(url)
    assert len(opener.opened) == 1


def test_what_is_opened_has_its_host_as_punycode(opener: Opener) -> None:
    assert open_url("https://bücher.example/")
    assert opener.opened == ["https://xn--bcher-kva.example/"]


def test_no_other_file_opens_links() -> None:
    root = Path(desktop.__file__).parent
    users = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(r"QDesktopServices|webbrowser|openExternalLinks", path.read_text("utf-8"))
    ]
    assert users == ["ui/links.py"]
