"""The words and rules that every other room uses."""
