"""Proof and supervision: verify, audit, findings, proofs, signed heads, timestamps."""
