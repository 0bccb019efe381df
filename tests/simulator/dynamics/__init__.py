"""How load, waiting and failure hang together."""
