"""Hypothesis strategies that make the model's own values: requests, answers, frames, and whole scripts of them."""

from .compressed import compressed_conversations
from .frames import control_payloads, lengths, masking_keys
from .requests import requests
from .responses import responses
from .scripts import agreements, conversations, handshakes, scripts
from .texts import malformed_texts, texts

__all__ = [
    "agreements",
    "compressed_conversations",
    "control_payloads",
    "conversations",
    "handshakes",
    "lengths",
    "malformed_texts",
    "masking_keys",
    "requests",
    "responses",
    "scripts",
    "texts",
]
