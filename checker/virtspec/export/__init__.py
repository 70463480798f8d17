"""Systems in forms that other tools and people read. Nothing here searches anything."""
