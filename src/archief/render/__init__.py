"""A letter as a page: PDF/A in the municipality's layout, and signatures in a PDF. Knows letters; knows no log."""
