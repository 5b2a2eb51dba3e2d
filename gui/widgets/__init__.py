"""Small widgets that the panels share. They know the theme and Qt, nothing of documents or sessions."""
