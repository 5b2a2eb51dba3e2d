"""The menus' titles. By themselves: the window shows its menu bar before the table of actions is loaded."""

from __future__ import annotations

FILE, EDIT, IMAGE, LAYER, SELECT, VIEW, HELP = MENUS = "&File", "&Edit", "&Image", "&Layer", "&Select", "&View", "&Help"
