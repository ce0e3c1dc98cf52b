"""What runs by itself: opening, sequencing, draining."""
