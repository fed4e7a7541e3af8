"""A needle: the passage that answers a question, laid whole among passages of other questions."""
