"""The list of conversations with its search field."""
