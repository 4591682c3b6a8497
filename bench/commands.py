"""commands - benches of the commands."""

BENCHES = {}
