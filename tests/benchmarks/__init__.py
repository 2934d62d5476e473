"""How fast and how small the application is, beside the least that the same machine can do."""
