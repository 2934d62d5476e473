"""The composition root: builds everything, plugs the adapters into the core, owns the loop."""
