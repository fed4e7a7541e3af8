"""Fuzzing: every reader is given files that nobody meant, and either reads them or says in one line why not.

`make fuzz` runs each target for a while, and atheris chooses which inputs are changed further (`guided.py`);
`pytest tests/fuzz` gives each target its seeds and all that was ever found.
A target (`targets/`) is a function of bytes, a seed a small valid file, and what is found lies in `corpus/TARGET/`.
"""
