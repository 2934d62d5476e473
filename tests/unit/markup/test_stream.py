"""Any split of a text ends in the blocks of one whole parse, at a cost that does not grow."""

import gc
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.markup.blocks import Block, BlockKind
from desktop.markup.inline import inline
from desktop.markup.normalise import normalise
from desktop.markup.stream import MarkdownStream, parse
from tests.unit.markup.documents import document, pieces, seeded, streamed


def check_seed(seed: int) -> None:
    choose = seeded(seed)
    text = document(choose)
    assert streamed(pieces(text, choose)) == parse(text), (seed, text)


def test_any_split_gives_the_blocks_of_the_whole() -> None:
    for seed in range(600):
        check_seed(seed)


@pytest.mark.long
def test_any_split_gives_the_blocks_of_the_whole_at_length() -> None:
    for seed in range(1_000, 61_000):
        check_seed(seed)


@given(st.text(alphabet="ab*_`~-+>#|:$\\[]()!<&; \t\n\r\0\ud83d\ude00é1.", max_size=120), st.randoms())
def test_any_text_in_any_pieces(text: str, choose: random.Random) -> None:
