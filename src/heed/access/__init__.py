"""Who may read what, as plain rules."""
