"""What the parameters are called, what they mean, and why one cannot be sent."""

from PySide6.QtCore import QCoreApplication

from desktop.domain.capabilities import ENDPOINT_NAMES, MODEL_NAMES, Endpoint, Field
from desktop.domain.parameters import Block, BlockKind, Editor, Parameter, ParameterId, Value

P = ParameterId

_MEANINGS = {
    P.INSTRUCTIONS: "What the model keeps in mind in every reply.",
    P.TEMPERATURE: "How far words may stray: low is focused, high is varied.",
    P.TOP_P: "Only the likeliest words that reach this share together are considered.",
    P.MAX_OUTPUT_TOKENS: "The longest reply in tokens, thinking included.",
    P.REASONING_EFFORT: "How much the model thinks before it answers.",
    P.SEED: "The same seed and the same request give much the same reply.",
    P.STREAM: "Show the reply while it is being written.",
    P.INCLUDE_USAGE: "Ask for the token counts at the end of a streamed reply.",
    P.STORE: "Let the provider keep the reply on its servers.",
}


def translated(text: str) -> str:
    """A text of the sidebar in the language of the application."""
    return QCoreApplication.translate("Parameters", text)


def parameter_name(id_: ParameterId) -> str:
    """A parameter's name on screen."""
    return translated(id_.value)


def explanation(parameter: Parameter, field: Field | None) -> str:
    """What a parameter means, then on a second line its values and where it starts."""
    lines = [translated(_MEANINGS[parameter.id]), _values(parameter, field)]
    return "\n".join(line for line in lines if line)


def block_reason(block: Block, model: str, endpoint: Endpoint) -> str:
    """Why a parameter is not sent, as a phrase without a full stop."""
    if block.other is None:
        return translated("Not accepted by {model} on {endpoint}").format(
            model=MODEL_NAMES.get(model, model), endpoint=ENDPOINT_NAMES[endpoint]
        )
    other = parameter_name(block.other)
    if block.kind is BlockKind.RULED_OUT:
        return translated("Not accepted while {other} is set").format(other=other)
    if block.needed is None:
        return translated("Needs {other} to be set").format(other=other)
    return translated("Needs {other} to be {value}").format(
        other=other, value=value_word(block.needed)
    )


def value_word(value: Value) -> str:
    """A value in words: on, off, or itself."""
    if isinstance(value, bool):
        return translated("on") if value else translated("off")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _values(parameter: Parameter, field: Field | None) -> str:
    if parameter.editor in (Editor.TEXT, Editor.FLAG) or field is None:
        return ""
    start = value_word(parameter.default)
    if field.choices:
        text = translated("Values: {values}. Starts at {start}.")
        return text.format(values=", ".join(field.choices), start=start)
    if field.minimum is None:
        return translated("Starts at {start}.").format(start=start)
    if field.maximum is None:
        text = translated("{low} or more. Starts at {start}.")
        return text.format(low=value_word(field.minimum), start=start)
    text = translated("From {low} to {high}. Starts at {start}.")
    return text.format(low=value_word(field.minimum), high=value_word(field.maximum), start=start)
