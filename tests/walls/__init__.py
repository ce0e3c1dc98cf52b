"""The walls, attacked by the role that they shut in, and each attack seen to succeed without them."""
