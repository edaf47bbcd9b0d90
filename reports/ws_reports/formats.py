"""The outputs by name: what each is for, where it goes, and how it is made.

Whatever offers formats to a user takes them from ``FORMATS``. A format's module is imported when it is rendered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ws_reports.anchor import Anchor
from ws_reports.record import Run, Verdict, encode
from ws_reports.standing import FAILING


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a user may ask of a format; each heeds what concerns it.

    ``failing`` are the verdicts that fail, ``anchor`` is where findings are shown, ``before`` the run to compare with,
    ``beside`` runs of anything to be shown side by side, ``limit`` a number of bytes, and ``every`` asks for cases too
    that the format would leave out.
    """

    failing: frozenset[Verdict] = FAILING
    anchor: Anchor | None = None
    before: Run | None = None
    beside: tuple[Run, ...] = ()
    limit: int | None = None
    every: bool = False


DEFAULTS = Settings()


@dataclass(frozen=True, slots=True)
class Format:
    """One output. ``file`` is its name beside the record, with a slash behind that of a folder.

    ``render`` returns the contents, of a folder by the path of each file in it. It needs ``Settings.anchor`` where
    ``needs_anchor`` says so.
    """

    file: str
    purpose: str
    render: Callable[[Run, Settings], bytes | Mapping[str, bytes]]
    needs_anchor: bool = False

    @property
    def is_folder(self) -> bool:
        """Return whether it is several files."""
        return self.file.endswith("/")


def _html(run: Run, settings: Settings) -> bytes:
    from ws_reports.html import render

    before = () if settings.before is None else (settings.before,)
    return render(run, (*before, *settings.beside)).encode()


def _matrix(run: Run, settings: Settings) -> bytes:
    from ws_reports.html.field import render

    return render(run).encode()


def _json(run: Run, settings: Settings) -> bytes:
    return encode(run)


def _text(run: Run, settings: Settings) -> bytes:
    from ws_reports.console import summary_block

    return f"{summary_block(run)}\n".encode()


def _markdown(run: Run, settings: Settings) -> bytes:
    from ws_reports.markdown import PAGE_BYTES, render

    limit = PAGE_BYTES if settings.limit is None else settings.limit
    return render(run, failing=settings.failing, before=settings.before, limit=limit).encode()


def _junit(run: Run, settings: Settings) -> bytes:
    from ws_reports.junit import FILE_BYTES, render

    return render(run, failing=settings.failing, limit=FILE_BYTES if settings.limit is None else settings.limit)


def _sarif(run: Run, settings: Settings) -> bytes:
    from ws_reports.sarif import render

    assert settings.anchor is not None
    return render(run, settings.anchor, before=settings.before)


def _ctrf(run: Run, settings: Settings) -> bytes:
    from ws_reports.ctrf import render

    return render(run, failing=settings.failing)


def _autobahn(run: Run, settings: Settings) -> Mapping[str, bytes]:
    from ws_reports.autobahn_tree import render

    return render(run, every=settings.every)


def _badge(run: Run, settings: Settings) -> bytes:
    from ws_reports.badge import render

    return render(run)


def _csv(run: Run, settings: Settings) -> bytes:
    from ws_reports.matrix_csv import render

    return render(run).encode()


def _tap(run: Run, settings: Settings) -> bytes:
    from ws_reports.tap import render

    return render(run, failing=settings.failing).encode()


def _annotations(run: Run, settings: Settings) -> bytes:
    from ws_reports.annotations import render

    return render(run, failing=settings.failing, anchor=settings.anchor).encode()


FORMATS: Mapping[str, Format] = {
    "html": Format("index.html", "a page to read", _html),
    "matrix": Format("matrix.html", "a page on many implementations", _matrix),
    "json": Format("run.json", "the record itself", _json),
    "text": Format("summary.txt", "the last lines of a run", _text),
    "md": Format("summary.md", "job summaries, comments, release notes", _markdown),
    "junit": Format("junit.xml", "test pages of CI services", _junit),
    "sarif": Format("sarif.json", "pages of code-scanning services", _sarif, needs_anchor=True),
    "ctrf": Format("ctrf.json", "comments, chat messages, dashboards", _ctrf),
    "autobahn": Format("autobahn/", "scripts that read Autobahn's reports", _autobahn),
    "badge": Format("badge.json", "a badge of shields.io's kind", _badge),
    "csv": Format("requirements.csv", "a traceability matrix for spreadsheets", _csv),
    "tap": Format("results.tap", "harnesses for the Test Anything Protocol", _tap),
    "annotations": Format("annotations.txt", "annotations of a commit in GitHub's runner", _annotations),
}
"""Each output by the name that ``--format`` knows."""
