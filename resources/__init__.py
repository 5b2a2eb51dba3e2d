"""Sample images, icons and small models that ship with the program."""
