"""The pane on the right: every parameter of the next request."""
