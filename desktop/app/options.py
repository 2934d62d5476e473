"""What the command line asks for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for.

    Attributes:
        data_dir: Folder for everything that is written; None for the platform's own folders.
        base_url: The provider's address for this run; "" for the one in the preferences.
        is_demo: Start with the built-in provider.
        log_level: A level name of ``logging``.
        files: Things to import.
    """

    data_dir: Path | None = None
    base_url: str = ""
    is_demo: bool = False
    log_level: str = "INFO"
    files: tuple[Path, ...] = ()
