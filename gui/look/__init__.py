"""How everything looks: theme, icons, and what the View menu chooses."""
