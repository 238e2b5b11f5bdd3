"""Plans: between which days, what must be right about them, what they replace, and how they are read."""
