"""The message box with its buttons."""
