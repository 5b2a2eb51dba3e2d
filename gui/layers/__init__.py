"""The layer list: model, thumbnails, delegate, view and the panel around them. Knows the session, not the canvas."""
