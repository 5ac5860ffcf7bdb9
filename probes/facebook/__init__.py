"""Facebook: what a person writes there, and what the Graph API lets a token read of the answers."""
