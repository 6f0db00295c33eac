"""Declarations (verklaringen) that an archive draws up, in Dutch: of destruction, erasure, transfer and conversion."""
