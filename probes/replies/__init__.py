"""What came back: parse it, tell what it is, whose it is, and what is new in it. Pure: bytes and plain values in, types out."""
