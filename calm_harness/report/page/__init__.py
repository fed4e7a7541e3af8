"""The page: its HTML, style and scripts, what renders them, and what serves them."""
