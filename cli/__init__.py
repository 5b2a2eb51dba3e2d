"""The command line. Imports typer and, inside each command, what that command needs; nothing heavy at the top."""
