"""A conversation over both endpoints and both models, streamed or not."""

import pytest

from desktop.domain.capabilities import GPT_5_1, GPT_5_1_CHAT, Endpoint
from tests.flows.app import App
from tests.flows.conftest import Tell
from tests.server import FaultServer


def test_first_chat_completions_body_has_only_what_is_shown(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        await app.ask("Say hello")
        assert server.posts()[0].json == {
            "model": "openai/gpt-5-1",
            "messages": [{"role": "user", "content": "Say hello"}],
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    tell(story)
