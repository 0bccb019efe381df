"""How load, waiting and failure hang together at a moment, and what one moment leaves behind for the next."""
