"""Transfer to the records office: proposal, offer, receipt, declaration."""
