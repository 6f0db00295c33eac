"""Law and standards as dated data files, each with its source, and the code that reads them."""
