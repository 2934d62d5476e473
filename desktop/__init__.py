"""Sounding: a native desktop workbench for the AI/ML API's GPT-5.1 models."""

__version__ = "0.1.0"
