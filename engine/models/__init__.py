"""Models on this machine: which there are, where they lie, fetch with resume, verify, remove."""
