"""What comes in and goes out: opening, pasting, the clipboard, exporting."""
