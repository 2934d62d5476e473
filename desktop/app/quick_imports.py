"""Keeps PySide6 from reading the source of every module that is imported after it."""

import sys


def make_imports_quick() -> None:
    """Tells PySide6 that every module is one without its optional features.

    PySide6 looks for its name in the source of each module imported after it, to know where
    ``from __feature__ import`` may have an effect. This application never uses that; the reading
    costs 0.5 ms a module and its cache 14 MB (measured).

    WORKAROUND https://bugreports.qt.io/browse/PYSIDE-2029: remove when PySide6 no longer reads
    modules for which no feature was asked. Without the function it replaces this does nothing.
    """
    import PySide6.QtCore  # noqa: F401 - brings the import hook

    feature = sys.modules.get("shibokensupport.feature")
    if feature is not None and hasattr(feature, "_mod_uses_pyside"):
        vars(feature)["_mod_uses_pyside"] = lambda _module: True
