"""The sets themselves: one reader a source, and what a YAML file says of any other."""
