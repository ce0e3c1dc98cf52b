"""What both faces draw with, and how both hear a browser out."""
