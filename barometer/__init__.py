"""What people ask for: audit, crawl, panel, detect, and the numbers computed from records."""
