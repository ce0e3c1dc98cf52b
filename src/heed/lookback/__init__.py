"""What had been received, and what had been shown to whom, by any day: as it stood then."""
