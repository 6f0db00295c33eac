"""The transparency log as mathematics over bytes: RFC 6962 trees, C2SP tiles, notes, checkpoints and proofs.

Nothing here opens a file, asks a clock or knows what an entry says.
"""
