"""A letter from the file on the desk to its dispatch, and the council's meetings and commitments about it."""
