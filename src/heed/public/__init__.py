"""The face that anyone can use to tell, and to come back."""
