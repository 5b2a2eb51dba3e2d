"""The strip above the canvas: a page for each kind of tool."""
