"""What a person can do: one table, its keys, what the actions do, and how the table is shown.

Knows the workplace; the window knows the actions, never they the window.
"""
