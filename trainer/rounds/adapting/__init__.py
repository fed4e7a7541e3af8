"""Studies of adaptation: what few questions of a language do, from several starts."""
