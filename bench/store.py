"""store - benches of the store itself."""

BENCHES = {}
