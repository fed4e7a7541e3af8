"""The logs that samples lie in: which model they are of, and where in them each question's are."""
