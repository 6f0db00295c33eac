"""Dossiers and how long they are kept: classification, terms, holds, exemptions, restrictions, rule sets."""
