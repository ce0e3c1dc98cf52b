"""How a concern comes in, and what is then known of it."""
