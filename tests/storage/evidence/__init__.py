"""One store of evidence, in a folder and in a bucket."""
