"""Talks HTTP to the provider and turns its two wire formats into domain events."""
