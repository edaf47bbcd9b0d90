"""Runs the test vectors about the opening handshake, as run_vectors.py does those about frames."""

import re
import sys
from base64 import b64decode, b64encode
from hashlib import sha1

from run_vectors import Player, main

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class HandshakePlayer(Player):
    """Knows the patterns of heads, and answers the key that a client has sent."""

    kind = "handshake"
    key = ""

    def see(self, late_answer, over):
        seen = super().see(late_answer, over)
        self.key = (values(seen, "Sec-WebSocket-Key") or [""])[0] if seen["is"] == "requests" else self.key
        return seen

    def read_part(self, part):
        return fill(part["what"], self.key) if part["is"] == "fill" else super().read_part(part)

    def fits(self, pattern, seen):
        return super().fits(pattern, seen) and HEADS.get(pattern["is"], lambda *_: True)(pattern, seen)


def fill(what, key):
    digest, other = sha1(key.encode() + GUID).digest(), sha1(b64decode(key) + GUID).digest()
    accept = b64encode(digest).decode()
    spelled = {
        "in lower case": accept.lower(),
        "in upper case": accept.upper(),
        "without padding": accept.rstrip("="),
        "without its first character": accept[1:],
        "in hexadecimal": digest.hex(),
        "of the decoded key": b64encode(other).decode(),
    }
    return {"key": key, "accept": accept, **{f"accept {way}": value for way, value in spelled.items()}}[what].encode()


def values(head, name):
    return [value for field, value in head["fields"] if field.lower() == name.lower()]


def extensions(head):
    """Return the extensions that ``head`` lists, each as expressions expect it."""
    listed = re.findall(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+', ",".join(values(head, "Sec-WebSocket-Extensions")))
    return [
        re.sub(r'\s*([;=])\s*|"', lambda found: {";": "; "}.get(found[1], found[1] or ""), e.strip()) for e in listed
    ]


def matches(expression, text):
    flags = re.IGNORECASE if expression and expression.get("ignore_case") else 0
    return expression is None or re.fullmatch(expression["matches"], text, flags) is not None


def opens(pattern, head):
    accept, subprotocol = pattern.get("accept"), pattern.get("subprotocol")
    return (
        accept in (None, *values(head, "Sec-WebSocket-Accept"))
        and (subprotocol is None or values(head, "Sec-WebSocket-Protocol") == ([subprotocol] if subprotocol else []))
        and matches(pattern.get("extensions"), ", ".join(extensions(head)))
    )


def answers(pattern, head):
    lowest, highest = (pattern.get(end, pattern.get("status")) for end in ("lowest", "highest"))
    return lowest <= head["status"] <= highest and all(
        field.get("token", "").lower() in ("", *re.split(r"\s*,\s*", ",".join(values(head, field["name"])).lower()))
        and values(head, field["name"])
        for field in pattern.get("fields", ())
    )


def requests(pattern, head):
    offers = [offer for offer in extensions(head) if offer.lower().startswith("permessage-deflate")]
    wanted = pattern.get("offers", {})
    fields = {**pattern.get("fields", {}), **{n: e for n, e in pattern.get("optional", {}).items() if values(head, n)}}
    return (
        matches(pattern.get("line"), head["line"])
        and ("first" not in pattern or matches({**pattern["first"], "ignore_case": True}, head["fields"][0][0]))
        and all(values(head, name) and matches(e, ", ".join(values(head, name))) for name, e in fields.items())
        and not any(values(head, name) for name in pattern.get("without", ()))
        and not (pattern.get("well_formed") and re.search("[\r\n\0]", "".join(value for _, value in head["fields"])))
        and all(matches(wanted.get("all"), offer) for offer in offers)
        and all(any(matches(some, offer) for offer in offers) for some in wanted.get("some", ()))
        and not (wanted.get("none") and offers)
    )


HEADS = {"opens": opens, "requests": requests, **dict.fromkeys(("refuses", "interim", "answers again"), answers)}

if __name__ == "__main__":
    sys.exit(main(HandshakePlayer, *sys.argv[1:]))
