"""UDR, a score without labels: how alike the seeds of one configuration are."""
