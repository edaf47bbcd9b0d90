"""Several implementations, one script: what each does, whether that is permitted, and in what they differ.

    python -m ws_fuzz.differential --examples 400

Two that are both permitted and differ show a latitude of the RFC. What is not permitted is a finding about the one.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ws_conformance.catalogue import Grade, grade
from ws_conformance.memory import rehearse, whole
from ws_conformance.model import Result
from ws_conformance.mutants import reference_peer
from ws_conformance.mutants.base import MakePeer
from ws_conformance.peer import Role
from ws_conformance.segmentation import delivery_for

from .detection import SEED, Example, examples
from .latitude import LATITUDES, behaviour_of, latitude_of
from .opinions import Opinion, opinion_of
from .strategies import conversations, handshakes

REFERENCE = "reference"
EXAMPLES = 400


@dataclass(slots=True)
class Survey:
    """What came of playing many scripts against several targets.

    ``opinions`` has how each target was judged, ``latitudes`` in what it differs from the reference where both are
    permitted, and how often, and ``failures`` what was not permitted, by the requirement.
    """

    scripts: int = 0
    opinions: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    latitudes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    failures: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    examples: dict[tuple[str, str], str] = field(default_factory=dict)


def play(example: Example, make: MakePeer) -> Result:
    """Play ``example`` against a target that ``make`` makes."""
    delivery = delivery_for(example.script.segmentation, example.case.id) or whole
    return rehearse(example.case, make(example.script.role), example.script.role, delivery=delivery)


def survey(targets: Mapping[str, MakePeer], tried: Iterable[Example]) -> Survey:
    """Play ``tried`` against the reference and all ``targets``."""
    found = Survey()
    for example in tried:
        found.scripts += 1
        ours = behaviour_of(play(example, reference_peer))
        for name, make in targets.items():
            result = play(example, make)
            opinion = opinion_of(result)
            found.opinions[name][opinion.name] += 1
            if opinion is Opinion.FAILS:
                for departure in result.finding.departures:
                    if grade(departure.requirement) is Grade.FAIL:
                        found.failures[name][departure.requirement] += 1
                continue
            latitude = latitude_of(example.case.verifies, ours, behaviour_of(result))
            if latitude is not None:
                found.latitudes[name][latitude] += 1
                found.examples.setdefault((name, latitude), example.case.id)
    return found


def report(found: Mapping[Role, Survey], names: Sequence[str]) -> Iterator[str]:
    """Yield the survey as tables: how each was judged, where they differ as they may, what is not permitted."""
    for role, one in found.items():
        yield f"{role.value}s, {one.scripts} scripts"
        for name in names:
            counted = ", ".join(f"{count} {opinion.lower()}" for opinion, count in sorted(one.opinions[name].items()))
            yield f"  {name}: {counted}"
        yield f"  differs from the reference, as it may:{''.join(f'{name:>12}' for name in names)}"
        for latitude in LATITUDES:
            counts = [one.latitudes[name][latitude] for name in names]
            if any(counts):
                yield f"    {latitude:36}{''.join(f'{count:12}' for count in counts)}"
        for name in names:
            for requirement, count in one.failures[name].most_common():
                yield f"  {name} departs {count} times from {requirement}"
        yield ""
    for latitude, sentence in LATITUDES.items():
        yield f"{latitude}: {sentence}"


def main() -> None:
    """Print the survey of the libraries that are installed."""
    from .adapters import LIBRARIES

    parser = argparse.ArgumentParser(description="What several implementations do with the same scripts.")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="scripts of each kind for each role")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    found = {}
    for role in Role:
        tried = [
            example
            for kind in (conversations(role), handshakes(role))
            for example in examples(kind, options.examples, options.seed)
        ]
        found[role] = survey(LIBRARIES, tried)
    print("\n".join(report(found, tuple(LIBRARIES))))  # noqa: T201


if __name__ == "__main__":
    main()
