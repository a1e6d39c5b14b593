"""The seller's own book of stock: databases, files, and later ERPs and OMSes."""
