"""Silence is made impossible: who is told next of a record that waits."""
