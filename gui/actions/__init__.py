"""What a person can do: one table, its keys, what the actions do, and the views of the table (palette, list of keys)."""
