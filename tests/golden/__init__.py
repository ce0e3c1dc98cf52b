"""Entries as they were once recorded, kept for ever: every later version must read them."""
