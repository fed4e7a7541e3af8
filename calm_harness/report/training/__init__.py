"""Charts of what loops and studies came to."""
