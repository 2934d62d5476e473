"""A provider on this machine that speaks both endpoints with canned replies."""
