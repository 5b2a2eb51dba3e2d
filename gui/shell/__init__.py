"""The frame: the window, its status bar, the welcome page and the side panels. Wiring only."""
