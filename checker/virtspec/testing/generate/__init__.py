"""How `testing.systems` writes a random specification; `specification.write` is the way in."""
