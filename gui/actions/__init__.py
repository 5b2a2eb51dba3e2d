"""What a person can do: one table, its keys, and what the actions do."""
