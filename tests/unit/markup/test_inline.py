"""Inline text and runs, bare addresses, formulas, plain text, and hostile leaves."""

import pytest

from desktop.markup.autolink import find_links
from desktop.markup.blocks import Inline, Style
from desktop.markup.inline import inline, is_over_caps
from desktop.markup.normalise import Door, normalise
from desktop.markup.plain import block_text, label_text_of, text_of
from desktop.markup.stream import parse


def styled(raw: str) -> list[tuple[str, Style, str]]:
    result = inline(raw)
    return [
        (result.text[run.start : run.start + run.length], run.style, run.target)
        for run in result.runs
    ]


def test_plain_text_has_no_runs() -> None:
    assert inline("5 < 6, a_b_c, 2 * 3 * 4 & more.") == Inline("5 < 6, a_b_c, 2 * 3 * 4 & more.")


def test_styles() -> None:
    assert styled("a **b *c* ~~d~~** `e*` \\*f &amp; \U0001f600*g*") == [
        ("b ", Style.BOLD, ""),
        ("c", Style.BOLD | Style.ITALIC, ""),
        (" ", Style.BOLD, ""),
        ("d", Style.BOLD | Style.STRIKE, ""),
        ("e*", Style.CODE, ""),
        ("g", Style.ITALIC, ""),
    ]


def test_breaks() -> None:
    assert inline("a\nb  \nc\\\nd").text == "a b\nc\nd"


def test_links_and_images() -> None:
    assert styled("[a *b*](http://x.y/\u00e4 'title') ![p *q*](i.png) [![r](s)](t)") == [
        ("a ", Style.LINK, "http://x.y/%C3%A4"),
        ("b", Style.LINK | Style.ITALIC, "http://x.y/%C3%A4"),
        ("p q", Style.IMAGE, "i.png"),
        ("r", Style.LINK | Style.IMAGE, "t"),
    ]


@pytest.mark.parametrize("address", ["javascript:x", "vbscript:x", "file:///etc", "data:text/html"])
def test_links_that_run_or_read_something_stay_text(address: str) -> None:
    assert inline(f"[a]({address})") == Inline(f"[a]({address})")


def test_html_is_text() -> None:
    assert inline("<b onclick='x'>&lt;i&gt;</b><!-- -->") == Inline(
        "<b onclick='x'><i></b><!-- -->"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://a.b/c_d?e=f#g.", [("https://a.b/c_d?e=f#g", "https://a.b/c_d?e=f#g")]),
        ("(http://a.b/(c))!", [("http://a.b/(c)", "http://a.b/(c)")]),
        ("www.a.b, x@y.zz", [("www.a.b", "https://www.a.b"), ("x@y.zz", "mailto:x@y.zz")]),
        ("\u89c1https://a.b\u3002\u4e0b", [("https://a.b", "https://a.b")]),
        ("https://a.b/x&copy; http://...", [("https://a.b/x", "https://a.b/x")]),
        ("xhttps://a.b https:// www.x a@b a@b.c.", [("a@b.c", "mailto:a@b.c")]),
    ],
)
def test_bare_addresses(text: str, found: list[tuple[str, str]]) -> None:
    assert [(text[start:end], target) for start, end, target in find_links(text)] == found


def test_bare_addresses_inside_other_markup() -> None:
    assert styled("**https://a.b/?x=1&amp;y** `http://c` [http://d](/e) <http://f>") == [
        ("https://a.b/?x=1&y", Style.BOLD | Style.LINK, "https://a.b/?x=1&y"),
        ("http://c", Style.CODE, ""),
        ("http://d", Style.LINK, "/e"),
        ("http://f", Style.LINK, "http://f"),
    ]


@pytest.mark.parametrize(
    ("raw", "formulas"),
    [
        (r"\(a_b*c*\) and $x$, $$y$$.", ["a_b*c*", "x", "y"]),
        (r"$\frac{1}{2}$-th", [r"\frac{1}{2}"]),
        ("$n$th", []),
        ("$5 and $6", []),
        ("US$5 or 7$ $HOME/$USER", []),
        ("$ x $ and $x $", []),
        (r"\$x$ \\(a\\) `$x$`", []),
        (r"$a$$b$ \(\) \(open", []),
    ],
)
def test_formulas(raw: str, formulas: list[str]) -> None:
    assert [text for text, style, _target in styled(raw) if style & Style.MATH] == formulas


def test_plain_text_of_blocks() -> None:
    blocks = parse(
        "# T *x*\n\n- a\n  1. [b](/u)\n\n     c\n- [x] d\n\n> q\n\n"
        "| a | *b* |\n|--|--|\n| 1 | 2 |\n\n$$\nx^2\n$$\n\n```py\n\tcode\n\n```\n![alt](i)\n"
    )
    copied = "T x\n• a\n  1. b\n    c\n• [x] d\nq\na\tb\n1\t2\nx^2\n{}\tcode\n\nalt"
    assert text_of(blocks) == copied.format("")
    assert label_text_of(blocks) == copied.format("py\n")
    assert block_text(blocks[-2]) == "\tcode\n\n"


def test_code_last() -> None:
    blocks = parse("```\na\n\n```")
    assert text_of(blocks) == "a\n\n"
    assert label_text_of(blocks) == "a\n"
    assert text_of(parse("a\n\n---\n\nb")) == "a\n---\nb"


def test_the_door_joins_what_was_split() -> None:
    door = Door()
    parts = ["a\r", "\nb\r", "c\ud83d", "\ude00", "\ude00d\0", "\ud83d"]
    text = "".join(door.take(part) for part in parts) + door.close()
    assert text == "a\nb\nc\U0001f600\ufffdd\ufffd\ufffd" == normalise("".join(parts))


HOSTILE = {
    "brackets": "[" * 100_000,
    "stars": "**a " * 30_000,
    "backticks": " ".join("`" * n for n in range(1, 400)),
    "images": "![a](b)" * 20_000,
    "entities": "&amp;" * 20_000,
    "open links": "[a](" * 4_000,
    "underscores": "_a*" * 160,
    "nested links": "[" * 240 + "]()" * 240,
    "open formulas": "\\(" * 240 + "x" * 15_000,
    "dollars": "$a " * 5_000,
    "address": "https://a.b/" + "." * 15_000,
    "addresses": "https://a.b/c " * 1_000,
    "mail": "a" * 8_000 + "@" + "b" * 7_900,
    "word": "x" * 1_000_000,
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_leaves_are_shown_whole_and_soon(name: str) -> None:
    raw = HOSTILE[name]
    result = inline(raw)
    if is_over_caps(raw):
        assert result == Inline(raw)
    else:
        assert result.text
    assert all(run.length > 0 for run in result.runs)


DEEP = {
    "quotes": "> " * 10_000 + "x",
    "bullets": "- " * 10_000 + "x",
    "both": "> - " * 1_000 + "x",
    "indents": "\n".join("  " * n + f"- {n}" for n in range(300)),
    "quote lines": "\n".join(">" * n + " x" for n in range(300)),
    "columns": "|a" * 5_000 + "|\n" + "|-" * 5_000 + "|\n|1|\n",
    "line": "# " + " " * 200_000 + "x",
    "delimiters": "|a|b|\n|" + "-" * 200_000,
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", DEEP)
def test_deep_and_wide_documents_end_in_text(name: str) -> None:
    blocks = parse(DEEP[name])
    assert max(len(block.levels) for block in blocks) <= 32
    letters = "".join(block.raw for block in blocks)
    assert all(letter in letters for letter in set(DEEP[name]) & set("xa1"))
