"""Every table as files for analysts: CSV, JSON Lines, Parquet and XLSX. What they hold is confidential."""
