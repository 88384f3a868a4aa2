"""What turns look up in a catalogue, derived or read before the first of them: of very many items it takes long."""

from __future__ import annotations

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.series import series_of
from wherefore.catalog.sorts import called
from wherefore.reading.alternatives import is_value
from wherefore.reading.reader import DialogueReader
from wherefore.retrieval.history import titles_of
from wherefore.retrieval.retriever import Retriever

MANY = 50_000  # items from which on a first turn would be felt to wait


def prepare(catalog: Catalog, reader: DialogueReader, retriever: Retriever) -> None:
    """Derive all that is kept with a catalogue's index, or read what was derived before.

    Args:
        catalog: The items; see `Catalog.keep_derived`.
        reader: Of messages about them.
        retriever: That finds them.
    """
    reader.prepare()
    retriever.prepare()
    for spec in catalog.schema.measures:
        catalog.numbers(spec.name)
    for spec in catalog.schema.valued:
        catalog.vocabulary(spec.name)
    _ = catalog.title_words
    catalog.naming("word")
    called(catalog, "")
    series_of(catalog)
    is_value("", catalog)
    titles_of(catalog)
