"""Copies of an archive in a plain folder, what they may hold, and how an archive comes back from them."""
