"""A conformance suite for WebSocket (RFC 6455): requirements, cases, examiner, command."""
