"""Pages of a head reading that are saved together, with the cursors behind them: a page of a hundred records is not worth a
look-up and a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sync.core.model.records import RecordRef, SourceRecord
from sync.flow.context import Context
from sync.flow.keep import count_saved, keep_records
from sync.flow.report import Tally
from sync.flow.seal import secrets_of
from sync.ports import Page
from sync.store import fingerprints
from sync.store import streams as stream_store
from sync.store.intake import Saved

PAGES_HELD = 20
"""So many pages may be read twice after a crash. A backfill holds none: it reads no more twice than what was under way."""
RECORDS_HELD = 2_000


@dataclass(slots=True)
class Bundle:
    """Pages of one connection, in the order in which they were read.

    Held back are only pages whose every record has a fingerprint, and ends of streams; with any other page everything is
    saved before the source is asked for more. Raises TransientError for a row of an unknown shape, with all pages before it saved.
    """

    context: Context
    connection: str
    tally: Tally
    reread: Callable[[Sequence[RecordRef]], None]
    """Of records about which only a consistent reading can tell."""
    most: int = PAGES_HELD
    """Pages."""
    unsaved: set[str] = field(default_factory=set[str])
    """Streams of pages that were added and could not be saved."""
    _pages: list[tuple[Page, Mapping[str, bytes]]] = field(default_factory=list[tuple[Page, Mapping[str, bytes]]])
    _taken: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def add(self, page: Page) -> None:
        taken = self._seal(page)
        told = len(page.records) == len(taken)
        # A record may have moved on to a later page while the earlier ones were read. Pages are kept in their order, and no
        # record with the fingerprint of another page.
        if not self._taken.keys().isdisjoint(taken) or (
            not told and any(p.stream == page.stream for p, _ in self._pages)
        ):
            self.close()
        self._pages.append((page, taken))
        self._taken |= taken
        # A place behind no record may be a job that was made in the CRM: it is not lost for a page.
        held = told and (taken or not page.more)
        if not held or len(self._pages) >= self.most or len(self._taken) >= RECORDS_HELD:
            self.close()

    def close(self) -> None:
        """Save what is held."""
        if not self._pages:
            return
        pages, taken = self._pages, self._taken
        self._pages, self._taken = [], {}
        self.unsaved = {page.stream for page, _ in pages}
        fresh, looked_at, saved = list[SourceRecord](), list[Page](), Saved()
        others = self._find_others(taken)
        try:
            for page, own in pages:
                places = [n for n, ref in enumerate(own) if ref in others] if others else ()
                fresh += [page.records[n] for n in (*places, *range(len(own), len(page.records)))]
                saved.unchanged += len(own) - len(places)
                looked_at.append(page)
        finally:
            self._save(looked_at, fresh, taken, saved)
            self.unsaved = {page.stream for page, _ in pages[len(looked_at) :]}

    def _save(
        self, pages: Sequence[Page], fresh: Sequence[SourceRecord], taken: Mapping[str, bytes], saved: Saved
    ) -> None:
        """One transaction: records and cursors."""
        if not pages:
            return
        with self.context.store.write() as tx:
            if fresh:
                keep_records(self.context, tx, fresh, consistent=False, taken=taken, saved=saved)
            for stream, cursor in {page.stream: page.cursor for page in pages}.items():
                stream_store.save_cursor(tx, self.connection, stream, cursor)
        count_saved(self.tally, sum(len(page.records) for page in pages), saved)
        if saved.doubtful:
            self.tally.add("doubtful", len(saved.doubtful))
            self.reread(saved.doubtful)

    def _find_others(self, taken: Mapping[str, bytes]) -> Collection[str]:
        """Those that are not known to look as they do."""
        if not taken:
            return ()
        with self.context.store.read() as tx:
            return fingerprints.find_others(tx, taken)

    def _seal(self, page: Page) -> Mapping[str, bytes]:
        """The page's fingerprints, each with that of what is sealed of the stream: under other files it is sealed anew."""
        sealed = secrets_of(self.context).fingerprint((self.connection, page.stream)).encode()
        return {ref: digest + sealed for ref, digest in page.fingerprints.items()} if sealed else page.fingerprints
