"""What leaves the archive: MDTO, packages for the records office, evidence for a third party."""
