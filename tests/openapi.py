"""Checks request bodies against the provider's OpenAPI documents.

The documents are not part of the project: `SOUNDING_OPENAPI` names the folder that holds them.
"""

import json
import os
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

FOLDER_VARIABLE = "SOUNDING_OPENAPI"
_DOCUMENTS = {"openai/gpt-5-1": "gpt-5-1", "openai/gpt-5-1-chat-latest": "gpt-5-1-chat-latest"}


def documents_folder() -> Path | None:
    """The folder that `SOUNDING_OPENAPI` names, or None where there is none."""
    named = os.environ.get(FOLDER_VARIABLE, "")
    folder = Path(named)
    return folder if named and folder.is_dir() else None


class Operation:
    """The request schema of one path in one document."""

    def __init__(self, document: Path, path: str) -> None:
        self._document = document
        self._path = path

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The body's schema, written as JSON Schema 2020-12."""
        document = json.loads(self._document.read_text("utf-8"))
        content = document["paths"][self._path]["post"]["requestBody"]["content"]
        schema = as_json_schema(content["application/json"]["schema"])
        assert isinstance(schema, dict)
        return schema

    @cached_property
    def _validator(self) -> Draft202012Validator:
        return Draft202012Validator(self.schema)

    def problems(self, body: dict[str, Any]) -> list[str]:
        """What is wrong with a body; undeclared top-level keys count as wrong."""
        undeclared = sorted(set(body) - set(self.schema["properties"]))
        found = [f"{key}: not declared for this model and endpoint" for key in undeclared]
        for error in self._validator.iter_errors(body):
            deepest = best_match([error]) or error
            found.append(f"{deepest.json_path}: {deepest.message[:300]}")
        return found


def as_json_schema(node: object) -> object:
    """An OpenAPI 3.0 schema as JSON Schema: `nullable` becomes a null type.

    The documents' `oneOf` becomes `anyOf`: their branches overlap (a plain user message is both
    the easy and the full form of an input item), so no body could match exactly one.
    """
    if isinstance(node, list):
        return [as_json_schema(part) for part in node]
    if not isinstance(node, dict):
        return node
    made = {
        ("anyOf" if key == "oneOf" and "anyOf" not in node else key): as_json_schema(value)
        for key, value in node.items()
        if key not in {"nullable", "example", "description", "title"} or isinstance(value, dict)
    }
    return {"anyOf": [{"type": "null"}, made]} if node.get("nullable") is True else made


class RequestValidator:
    """Finds what the documents say against a POST to the provider."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._operations: dict[tuple[str, str], Operation] = {}

    @classmethod
    def from_environment(cls) -> Self | None:
        """A validator over the named folder, or None where there is none."""
        folder = documents_folder()
        return None if folder is None else cls(folder)

    def problems(self, path: str, body: object) -> list[str]:
        """What is wrong with the body of a POST to this path; empty when nothing is."""
        if not isinstance(body, dict):
            return ["the body is not a JSON object"]
        name = _DOCUMENTS.get(str(body.get("model")))
        if name is None:
            return [f"model: no document for {body.get('model')!r}"]
        if path not in {"/v1/chat/completions", "/chat/completions", "/v1/responses"}:
            return [f"{path}: no document for this path"]
        return self._operation(path, name).problems(body)

    def _operation(self, path: str, name: str) -> Operation:
        suffix = "-RESPONSES" if path.endswith("/responses") else ""
        document = self._folder / f"{name}{suffix}.json"
        return self._operations.setdefault((path, name), Operation(document, path))
