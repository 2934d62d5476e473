"""How a conversation works: asyncio, no Qt, no I/O of its own."""
