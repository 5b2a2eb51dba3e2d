"""Scripts that make pictures and tables of the manual."""
