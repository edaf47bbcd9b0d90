"""Other people's WebSocket programs, each described in a file: how it is installed, started, and made to echo."""
