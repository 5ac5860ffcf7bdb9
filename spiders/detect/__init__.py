"""Pure detection: bytes of a page in, channels of the merchant out."""
