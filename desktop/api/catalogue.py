"""The provider's list of models.

Source: https://docs.aimlapi.com/api-references/service-endpoints/complete-model-list
"""

from dataclasses import dataclass
from typing import Any

from desktop.api.wire import mapping, mappings, string, whole
from desktop.domain.errors import ProtocolError

PATH = "/v1/models"


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """One model of the catalogue.

    Attributes:
        id: As it is sent in a request.
        aliases: Other ids that mean the same.
        name: For people, or "".
        kind: Such as ``openai/chat-completions``; other kinds cannot be chatted with.
        context_tokens: Size of the context, or None.
        output_tokens: Longest output, or None.
        raw: The entry as it came.
    """

    id: str
    aliases: tuple[str, ...] = ()
    name: str = ""
    kind: str = ""
    context_tokens: int | None = None
    output_tokens: int | None = None
    raw: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the provider offers.

    Attributes:
        models: In the provider's order.
        etag: To be sent with the next question, or "".
    """

    models: tuple[CatalogueModel, ...]
    etag: str = ""

    def find(self, id_: str) -> CatalogueModel | None:
        """The model with this id or alias, or None where it is gone."""
        return next((each for each in self.models if id_ == each.id or id_ in each.aliases), None)


def parse(payload: dict[str, Any], etag: str) -> Catalogue:
    """A catalogue from its JSON; entries without an id are left out.

    Raises:
        ProtocolError: There is no list.
    """
    if not isinstance(payload.get("data"), list):
        raise ProtocolError("The provider's list of models cannot be read.")
    models = (_model(entry) for entry in mappings(payload["data"]))
    return Catalogue(tuple(model for model in models if model.id), etag)


def _model(entry: dict[str, Any]) -> CatalogueModel:
    info = mapping(entry.get("info"))
    aliases = entry.get("aliases")
    return CatalogueModel(
        id=string(entry.get("id")),
        aliases=tuple(map(string, aliases)) if isinstance(aliases, list) else (),
        name=string(info.get("name")),
        kind=string(entry.get("type")),
        context_tokens=whole(info.get("contextLength")),
        output_tokens=whole(info.get("outputMax")),
        raw=entry,
    )
