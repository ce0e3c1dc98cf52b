"""The office face, tried as its users and its attackers meet it."""
