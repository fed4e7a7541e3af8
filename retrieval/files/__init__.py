"""The files of an index folder: what they must be before they are used."""
