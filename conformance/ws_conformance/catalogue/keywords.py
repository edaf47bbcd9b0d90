"""Which sentences of an RFC have a keyword of RFC 2119, and which requirements answer for each of them.

The table ``rfc6455-keywords.toml`` holds no sentence: a row has the section, the sentence's number among those of the
section that have a keyword, the keywords, a digest of the sentence, and ids of the catalogue. With the RFC's text at
hand, ``python -m ws_conformance.catalogue.keywords rfc6455.txt --check`` shows that no sentence was passed over.

A keyword in quotation marks is talked about and not used, so the sentences of RFC 6455 §2 that explain the keywords
do not count. Neither does what stands outside the numbered sections.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import click
import msgspec

from .load import Level, load_catalogue

LEVEL_OF_KEYWORD = {
    "MUST": Level.MUST,
    "MUST NOT": Level.MUST,
    "REQUIRED": Level.MUST,
    "SHALL": Level.MUST,
    "SHALL NOT": Level.MUST,
    "SHOULD": Level.SHOULD,
    "SHOULD NOT": Level.SHOULD,
    "RECOMMENDED": Level.SHOULD,
    "NOT RECOMMENDED": Level.SHOULD,
    "MAY": Level.MAY,
    "OPTIONAL": Level.MAY,
}

TABLE = "rfc6455-keywords.toml"

_KEYWORD = re.compile(rf'(?<!")\b(?:{"|".join(sorted(LEVEL_OF_KEYWORD, key=len, reverse=True))})\b(?!")')
_PAGE_BREAK = re.compile(r"\s*\n[^\n]*\[Page \d+\]\s*\n(?:RFC \d[^\n]*\n)?\s*\n")
_HEADING = re.compile(r"^(?:(?P<section>\d+(?:\.\d+)*)\.  )?\S.*$", re.MULTILINE)
_PARAGRAPH_END = re.compile(r"\n\s*\n")
_SENTENCE_END = re.compile(r"""(?:(?<=[.?!])|(?<=[.?!]["')])) (?=["'(|_/]*[A-Z])""")


class Sentence(msgspec.Struct, frozen=True):
    """A sentence with keywords, the ``n``-th such of its section; ``digest`` stands for its words."""

    section: str
    n: int
    keywords: tuple[str, ...]
    digest: str


class Row(Sentence, frozen=True):
    """A sentence, and the ids of the requirements that answer for it."""

    entries: tuple[str, ...]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rows in the order of the RFC."""

    sentence: tuple[Row, ...]


def load_table() -> tuple[Row, ...]:
    """Return the checked table of RFC 6455."""
    return msgspec.toml.decode(files(__package__).joinpath(TABLE).read_text("utf-8"), type=Table).sentence


def keyword_sentences(text: str) -> tuple[Sentence, ...]:
    """Return the sentences with keywords in the plain text of an RFC, section by section."""
    found: list[Sentence] = []
    for section, body in _sections(text):
        kept = ((sentence, _KEYWORD.findall(sentence)) for sentence in cut_to_sentences(body))
        numbered = enumerate(((sentence, keywords) for sentence, keywords in kept if keywords), start=1)
        found += (Sentence(section, n, tuple(keywords), _digest(sentence)) for n, (sentence, keywords) in numbered)
    return tuple(found)


def cut_to_sentences(body: str) -> Iterator[str]:
    """Yield the sentences of a section's text, white space made single spaces; a paragraph ends a sentence."""
    for paragraph in _PARAGRAPH_END.split(body):
        yield from _SENTENCE_END.split(" ".join(paragraph.split()))


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield number and body of each numbered section; what follows a heading without number is left out."""
    text = _PAGE_BREAK.sub(_mend, text)
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    for heading, end in zip(headings, ends, strict=True):
        if heading["section"] is not None:
            yield heading["section"], text[heading.end() : end]


def _mend(page_break: re.Match[str]) -> str:
    """Join the two sides of a page break, as one paragraph unless a sentence ends there."""
    return "\n\n" if page_break.string[: page_break.start()].endswith((".", ":", ")")) else "\n"


def _digest(sentence: str) -> str:
    return sha256(sentence.encode()).hexdigest()[:16]


def differences(sentences: Iterable[Sentence], rows: Iterable[Row], known_ids: Collection[str]) -> Iterator[str]:
    """Say, one line each, where the RFC's ``sentences``, the table's ``rows`` and the catalogue's ids disagree."""
    in_the_text = {(sentence.section, sentence.n): sentence for sentence in sentences}
    in_the_table = {(row.section, row.n): row for row in rows}
    for place, sentence in in_the_text.items():
        if place not in in_the_table:
            yield f"{_words(sentence)} is in the text and not in the table"
    for place, row in in_the_table.items():
        if place not in in_the_text:
            yield f"{_words(row)} is in the table and not in the text"
        elif (row.keywords, row.digest) != (in_the_text[place].keywords, in_the_text[place].digest):
            yield f"{_words(row)} in the table is {_words(in_the_text[place])} in the text"
        if not row.entries:
            yield f"{_words(row)} has no requirement that answers for it"
        for entry in row.entries:
            if entry not in known_ids:
                yield f"{_words(row)} names {entry}, which no file has"


def _words(sentence: Sentence) -> str:
    return f"§{sentence.section} sentence {sentence.n} ({', '.join(sentence.keywords)}; {sentence.digest})"


@click.command()
@click.argument("text", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Compare with the checked table and the catalogue; exit 1 on a difference.")
def main(text: Path, check: bool) -> None:
    """List the keyword sentences of the RFC in TEXT, its plain text edition, and count them per section."""
    sentences = keyword_sentences(text.read_text("utf-8"))
    if not check:
        for sentence in sentences:
            click.echo(_words(sentence))
        for section, count in Counter(sentence.section for sentence in sentences).items():
            click.echo(f"§{section}: {count}")
        click.echo(f"{len(sentences)} sentences")
        return
    found = list(differences(sentences, load_table(), load_catalogue()))
    for difference in found:
        click.echo(difference, err=True)
    if found:
        raise SystemExit(1)
    click.echo(f"all {len(sentences)} sentences are in the table, and each has its requirements")


if __name__ == "__main__":
    main()
