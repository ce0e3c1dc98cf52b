"""Heed records allegations of child abuse so that no warning is lost, and proves it to strangers."""
