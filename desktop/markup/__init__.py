"""Markdown to blocks of styled runs, incrementally; no Qt, no HTML, nothing is ever loaded."""
