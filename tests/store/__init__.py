"""The room that writes, tried on real PostgreSQL servers."""
