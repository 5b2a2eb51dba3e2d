"""Measures the model with random weights of full size. Imports torch."""
