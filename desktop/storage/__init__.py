"""The history on disk: one SQLite file, one thread that owns it; no Qt, no network."""
