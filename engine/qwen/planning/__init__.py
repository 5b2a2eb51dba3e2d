"""Where the model goes before anything loads: weights, cards, plans and their cost. Pure; never torch at import."""
