"""A conversation over both endpoints and both models, streamed or not; what is asked exactly."""

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QSpinBox, QWidget

from desktop.domain.capabilities import ENDPOINT_NAMES, GPT_5_1, GPT_5_1_CHAT, MODEL_NAMES, Endpoint
from tests.flows.app import App
from tests.flows.conftest import Tell
from tests.flows.replies import ANSWER, SHOWN, answer, ending, opening, whole
from tests.scripts import Gate, Piece
from tests.server import FaultServer

CC, RS = Endpoint.CHAT_COMPLETIONS, Endpoint.RESPONSES
PATHS = {CC: "/v1/chat/completions", RS: "/v1/responses"}


def script(server: FaultServer, endpoint: Endpoint, *, is_streamed: bool = True) -> None:
    """Lets the server answer next with the text that the stories know."""
    if is_streamed:
        server.reply_sse(answer(endpoint))
    else:
        server.reply_json(whole(endpoint))


def choose(app: App, name: str, text: str) -> None:
    """Chooses an entry of the combo box with that name."""
    box = app.named(QComboBox, name)
    assert box.findText(text) >= 0
    box.setCurrentText(text)


@pytest.mark.parametrize("is_streamed", [True, False])
@pytest.mark.parametrize("endpoint", [CC, RS])
@pytest.mark.parametrize("model", [GPT_5_1, GPT_5_1_CHAT])
def test_reply_is_exact_and_still_there_after_a_restart(
    tell: Tell, server: FaultServer, model: str, endpoint: Endpoint, is_streamed: bool
) -> None:
    async def story(app: App) -> None:
        choose(app, "Model", MODEL_NAMES[model])
        choose(app, "Endpoint", ENDPOINT_NAMES[endpoint])
        if not is_streamed:
            app.named(QCheckBox, "Set Stream").click()
        for _ in range(2):
            script(server, endpoint, is_streamed=is_streamed)
            await app.ask("Say hello")
        seen = ["You: Say hello", SHOWN, "You: Say hello", SHOWN]
        assert app.names() == seen
        first, second = server.posts()
        assert first.path == PATHS[endpoint]
        assert second.json["model"] == model
        turns = second.json["messages" if endpoint is CC else "input"]
        assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
        assert "".join(ANSWER) in str(turns[1]) or "".join(ANSWER) == turns[1]["content"]
        assert second.json.get("stream", False) is is_streamed
        assert server.invalid == []
        await app.restart()
        assert app.names() == seen

    tell(story)


def test_the_demo_server_answers_all_four_without_complaint(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        for model in (GPT_5_1, GPT_5_1_CHAT):
            for endpoint in (CC, RS):
                choose(app, "Model", MODEL_NAMES[model])
                choose(app, "Endpoint", ENDPOINT_NAMES[endpoint])
                last = await app.ask("markdown please")
                assert last.startswith("Assistant: This is a canned demo reply")
        assert len(server.posts()) == 4
        assert not [name for name in app.names() if name.startswith("Error")]

    tell(story)


def test_first_chat_completions_body(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        await app.ask("Say hello")
        assert server.posts()[0].json == {
            "model": "openai/gpt-5-1",
            "messages": [{"role": "user", "content": "Say hello"}],
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    tell(story)


def test_first_responses_body(tell: Tell, server: FaultServer) -> None:
    async def story(app: App) -> None:
        choose(app, "Endpoint", "Responses")
        await app.ask("Say hello")
        body = dict(server.posts()[0].json)
        turns = body.pop("input")
        assert body == {
            "model": "openai/gpt-5-1",
            "stream": True,
            "store": False,
            "max_output_tokens": 16384,
        }
        assert turns == "Say hello" or [turn["role"] for turn in turns] == ["user"]

    tell(story)


def test_every_request_has_its_own_id_and_the_key_in_one_header(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        await app.ask("One")
        await app.ask("Two")
        ids = [post.headers["x-client-request-id"] for post in server.posts()]
        assert len(set(ids)) == 2
        assert {post.headers["authorization"] for post in server.posts()} == {f"Bearer {app.key}"}

    tell(story)


def test_parameters_of_the_sidebar_are_in_the_body_and_others_are_not(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        app.named(QDoubleSpinBox, "Temperature").setValue(0.25)
        number = app.named(QWidget, "Max output tokens")
        assert isinstance(number, QSpinBox | QDoubleSpinBox)
        number.setValue(100)
        number = app.named(QWidget, "Seed")
        assert isinstance(number, QSpinBox | QDoubleSpinBox)
        number.setValue(7)
        app.named(QCheckBox, "Set Include usage").click()
        await app.ask("markdown")
        body = dict(server.posts()[0].json)
        del body["messages"]
        assert body == {
            "model": "openai/gpt-5-1",
            "stream": True,
            "temperature": 0.25,
            "max_completion_tokens": 100,
            "seed": 7,
        }
        app.named(QCheckBox, "Set Temperature").click()
        app.named(QCheckBox, "Set Seed").click()
        app.named(QCheckBox, "Set Max output tokens").click()
        await app.ask("markdown")
        assert set(server.posts()[1].json) == {"model", "messages", "stream"}

    tell(story)


def test_marks_and_values_are_kept_for_each_endpoint_and_over_a_restart(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        app.named(QDoubleSpinBox, "Temperature").setValue(0.5)
        choose(app, "Endpoint", "Responses")
        assert not app.named(QCheckBox, "Set Temperature").isChecked()
        assert not app.named(QCheckBox, "Set Include usage").isEnabled()
        await app.ask("One")
        choose(app, "Endpoint", "Chat completions")
        assert app.named(QCheckBox, "Set Temperature").isChecked()
        await app.restart()
        assert app.named(QComboBox, "Endpoint").currentText() == "Chat completions"
        await app.ask("Two")
        assert server.posts()[0].json.get("temperature") is None
        assert server.posts()[1].json["temperature"] == 0.5

    tell(story)


def test_new_conversation_takes_over_the_settings_of_the_open_one(
    tell: Tell, server: FaultServer
) -> None:
    async def story(app: App) -> None:
        choose(app, "Model", MODEL_NAMES[GPT_5_1_CHAT])
        app.named(QDoubleSpinBox, "Temperature").setValue(0.5)
        await app.ask("One")
        await app.new_conversation()
        await app.ask("Two")
        bodies = [dict(post.json) for post in server.posts()]
        assert bodies[0].pop("messages") != bodies[1].pop("messages")
        assert bodies[0] == bodies[1]

    tell(story)


@pytest.mark.parametrize("endpoint", [CC, RS])
def test_text_grows_while_it_streams(tell: Tell, server: FaultServer, endpoint: Endpoint) -> None:
    async def story(app: App) -> None:
        choose(app, "Endpoint", ENDPOINT_NAMES[endpoint])
        for _ in range(2):
            gates = [Gate(), Gate(), Gate()]
            first, second, third = (opening(endpoint, [word])[-1] for word in ("A", "B", "C"))
            start = opening(endpoint, [])
            pieces: list[Piece] = [*start, first, gates[0], second, gates[1], third, gates[2]]
            server.reply_sse([*pieces, *ending(endpoint, "ABC")], done=endpoint is CC)
            app.type_and_send("Say hello")
            for gate, seen in zip(gates, ("A", "AB", "ABC"), strict=True):
                await app.wait_for_last(f"Assistant: {seen}")
                assert app.stop_button.isEnabled()
                gate.open()
            await app.wait_for_end()
            await app.new_conversation()

    tell(story)
