"""What can be typed about the selected layers: place, size, angle, colour. Knows the session, not the canvas itself."""
