"""What is decided about a concern: for each child, by when, and which concerns belong together."""
