"""The round of a lawful destruction, from what is due to the certificate."""
