"""What is written in a picture: lines of text, read. Knows `imaging`'s arrays, no engine."""
