"""An invented market on loopback, so that every command can be tried without touching a real merchant."""
