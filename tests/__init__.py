"""What Heed promises, tried."""
