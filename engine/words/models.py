"""Sentences about models: where they lie, and fetching, checking and removing them."""

SENTENCES = {
    "models.key-not-kept": "{path} cannot be written ({reason}); mirror and token are not kept.",
}
