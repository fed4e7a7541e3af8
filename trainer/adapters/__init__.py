"""The kinds of adapter that are trained: PEFT's, each with what it forbids."""
