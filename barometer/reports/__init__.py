"""What people read: summaries on the terminal, later pages, slides and charts."""
