"""What an operator watches: figures for Prometheus, and the log."""
