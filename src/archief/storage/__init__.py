"""Where an archive's bytes live: the protocol, and its implementations."""
