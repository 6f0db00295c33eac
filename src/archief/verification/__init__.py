"""Whether an archive's bytes are what was signed: all faults, each with its place."""
