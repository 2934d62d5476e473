"""Values in words: where the key is, why something cannot be sent."""

from PySide6.QtCore import QCoreApplication

from desktop.domain.keys import KeySource, KeyStatus
from desktop.domain.parameters import Problem


def key_place(status: KeyStatus) -> str:
    """Where the key in use is, for the status line."""
    match status.source:
        case KeySource.ENVIRONMENT:
            return _tr("Key from AIML_API_KEY")
        case KeySource.KEYRING:
            return _tr("Key in {keyring}").format(keyring=status.backend or _tr("the keyring"))
        case KeySource.SESSION:
            return _tr("Key for this run only")
        case KeySource.DEMO:
            return _tr("No key needed")
    return _tr("No API key")


def block_reason(problem: Problem) -> str:
    """What to mend before Send, in a sentence."""
    match problem.kind:
        case "empty":
            text = _tr("{name} is set but empty. Fill it in, or uncheck it.")
        case "wrong_type":
            text = _tr("{name} must be a JSON {detail}.")
        case _:
            text = _tr("{name} is not valid JSON: {detail}")
    return text.format(name=problem.id.value, detail=problem.detail)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Words", text)
