"""Runs those of wsspec's test vectors that are about frames: python run_vectors.py VECTORS.json [MODULE]

MODULE has a class Implementation, as websockets_vectors.py has one. Exits with 1 if a vector fails.
"""

import json
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path

VERDICTS = ("pass", "info", "lenient", "undecided", "fail", "skipped")
ANY_TIME = ("ping", "pong", "interim", "answers again")  # nobody has to expect these


class Player:
    """Plays ``vector`` against ``side``, an Implementation."""

    kind = "frames"

    def __init__(self, vector, document, side):
        self.vector, self.document, self.side = vector, document, side
        self.departed, self.closed, self.ended, self.late = [], False, False, False

    def play(self):
        for step in self.vector["steps"]:
            if step["do"] == "send":
                self.side.give(self.read(step["bytes"]))
            elif step["do"] == "end":
                self.side.end()
            elif not self.expect(step):
                failed = step.get("about") or self.vector["requirements"]
                return "undecided" if step.get("precondition") else self.verdict(failed)
        left = [seen for seen in self.side.said if seen["is"] not in (*ANY_TIME, "close", "ended")]
        return self.verdict(self.vector["requirements"] if left else [])

    def verdict(self, failed):
        grades = (self.document["requirements"][name]["grade"] for name in (*self.departed, *failed))
        return max(grades, key=VERDICTS.index, default="pass")

    def expect(self, step):
        left, place, over = step["reactions"], 0, False
        while left:
            seen = self.see(step.get("late_answer"), over)
            over = over or seen["is"] == "ended"
            fitting = [reaction for reaction in left if self.fits(reaction["patterns"][place], seen)]
            if not fitting and seen["is"] in ANY_TIME and not any(self.fits(p, seen) for p in step.get("forbids", ())):
                continue
            left, place = fitting, place + 1
            for reaction in left:
                if len(reaction["patterns"]) == place:
                    self.departed += reaction.get("departs_from", ())
                    return True
        return False

    def see(self, late_answer, over):
        """Return what comes next; an end that was seen in an earlier step still holds."""
        if late_answer and not self.side.said and self.closed and not self.ended and not self.late:
            self.late, self.departed = True, [*self.departed, *late_answer["departs_from"]]
            self.side.give(self.read(late_answer["bytes"]))
        seen = self.side.said.pop(0) if self.side.said else {"is": "ended" if self.ended and not over else "quiet"}
        self.closed, self.ended = self.closed or seen["is"] == "close", self.ended or seen["is"] == "ended"
        return seen

    def fits(self, pattern, seen):
        return (
            pattern["is"] == seen["is"]
            and all(self.read(pattern[n]) == seen[n] for n in ("payload", "reason") if n in pattern)
            and pattern.get("type", seen.get("type")) == seen.get("type")
            and ("codes" not in pattern or (seen["code"] in pattern["codes"]) != pattern.get("negated", False))
        )

    def read(self, data):
        return b"".join(bytes.fromhex(part) if isinstance(part, str) else self.read_part(part) for part in data)

    def read_part(self, part):
        if part["is"] == "repeat":
            return bytes.fromhex(part["hex"]) * part["times"]
        data = self.read(self.document["blobs"][part["blob"]])[part["start"] :][: part["length"]]
        mask = (bytes.fromhex(part.get("mask", "00000000")) * (len(data) // 4 + 1))[: len(data)]
        return (int.from_bytes(data, "big") ^ int.from_bytes(mask, "big")).to_bytes(len(data), "big")


def main(player, path, module="websockets_vectors"):
    document, implementation = json.loads(Path(path).read_text()), import_module(module).Implementation
    table = {}
    for vector in (vector for vector in document["vectors"] if vector["kind"] == player.kind):
        is_able = implementation.can.issuperset(vector.get("needs", ()))
        verdict = player(vector, document, implementation(vector)).play() if is_able else "skipped"
        table.setdefault(f"{vector['role']} {vector['id'].split('/')[0]}", Counter())[verdict] += 1
        sys.stdout.write(f"FAIL {vector['role']} {vector['id']}\n" if verdict == "fail" else "")
    for area, counts in table.items():
        sys.stdout.write(" ".join((f"{area:21}", *(f"{counts[verdict]:4} {verdict}" for verdict in VERDICTS), "\n")))
    return int(any(counts["fail"] for counts in table.values()))


if __name__ == "__main__":
    sys.exit(main(Player, *sys.argv[1:]))
