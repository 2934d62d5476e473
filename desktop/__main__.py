"""The command line: ``sounding`` and ``python -m desktop``."""

import argparse
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from desktop import __version__

LOG_LEVELS = ("debug", "info", "warning", "error")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sounding",
        description="A desktop workbench for the AI/ML API's GPT-5.1 models.",
    )
    parser.add_argument(
        "--data-dir",
        type=_folder,
        metavar="DIR",
        help="keep history, settings and logs in DIR instead of the platform's own folders",
    )
    parser.add_argument(
        "--base-url", metavar="URL", default="", help="the provider's address, or its /v1"
    )
    parser.add_argument(
        "--demo", action="store_true", help="try it without a key, against a built-in provider"
    )
    parser.add_argument("--version", action="version", version=f"Sounding {__version__}")
    parser.add_argument(
        "--selftest", action="store_true", help="check that all parts work, then leave"
    )
    parser.add_argument(
        "--log-level", choices=LOG_LEVELS, default="info", help="how much is written to the log"
    )
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="something to import (not possible yet)"
    )
    return parser


def _folder(text: str) -> Path:
    """A folder that was named; an empty name would be the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("name a folder")
    return Path(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the application; returns its exit status."""
    gc.disable()  # until the window is whole: desktop/app/lifetime.py
    options = _parser().parse_args(arguments)
    if options.selftest:
        from desktop.app.selftest import selftest

        return selftest()
    from desktop.app.options import Options
    from desktop.app.quick_imports import make_imports_quick

    make_imports_quick()
    from desktop.app.start import run

    return run(
        Options(
            data_dir=options.data_dir,
            base_url=options.base_url,
            is_demo=options.demo,
            log_level=options.log_level.upper(),
            files=tuple(options.files),
        )
    )


if __name__ == "__main__":
    sys.exit(main())
