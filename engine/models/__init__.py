"""Models that others trained and that are not in the tree: where they lie, whether they are whole, how to get them."""
