"""Models of ours for lm-eval, what they are made of, and one from the package index."""
