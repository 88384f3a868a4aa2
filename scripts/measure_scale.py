"""How retrieval grows with the catalogue: build time, memory, latency and recall, beside numpy and hnswlib.

    python scripts/measure_scale.py --sizes 10000 100000 1000000 --methods auto SQ8 hnswlib
    python scripts/measure_scale.py --part turn --sizes 10000 100000 1000000
    python scripts/measure_scale.py --part table

A row that results/scale.json holds already is not measured again, unless `--again`.

Vectors: the built-in catalogue's are mixed, two and two (weights .5-.8 and .2-.5), and moved along a third one's
difference from the mean by .35 of a normal draw, then made unit: they fill as many dimensions as the real ones
(participation ratio 132, as there). Queries: data/requests/requests.tsv.xz, what people ask for in their own words,
embedded as in the product. All times are of one query at a time on one thread (run it with OMP_NUM_THREADS=1; numpy's
threads go on spinning beside the other's measurement), numpy's and all methods' of one run by turns.
What is built is kept in `--folder`, so that it can be measured again without building it again.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.checkpoint import load_index, starter_dir
from wherefore.evaluation.provenance import provenance
from wherefore.files import write_aside
from wherefore.progress import Progress
from wherefore.retrieval.embedders import Embedder, Kind, unit_rows
from wherefore.retrieval.projection import Projection
from wherefore.retrieval.stores import FaissStore

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "results" / "scale.json"
REQUESTS = ROOT / "data" / "requests" / "requests.tsv.xz"
SHARES = (1.0, 0.5, 0.1, 0.01)
K = 100
METHODS = (
    *("auto", "SQ8", "Flat", "SQ6", "IVF512,PQ128x4fs,Refine(SQ8)", "IVF1024,PQ128x4fs,Refine(SQ8)"),
    *("pca128:SQ8", "pca192:SQ8", "HNSW32,SQ8", "PCA128,HNSW16,SQ8,Refine(SQ6)", "hnswlib"),
)
Search = Callable[[np.ndarray, "np.ndarray | None"], np.ndarray]


def invented_vectors(real: np.ndarray, n: int, seed: int = 0, mean: np.ndarray | None = None) -> np.ndarray:
    """Vectors with the statistics of real ones, (n, d) unit; see above."""
    rng = np.random.default_rng(seed)
    mean = real.mean(axis=0) if mean is None else mean
    made = np.empty((n, real.shape[1]), dtype=np.float32)
    for start in range(0, n, 50_000):
        m = min(50_000, n - start)
        one, other, third = rng.integers(0, len(real), (3, m))
        weight = rng.uniform(0.2, 0.5, (m, 1)).astype(np.float32)
        moved = 0.35 * rng.standard_normal((m, 1)).astype(np.float32) * (real[third] - mean)
        made[start : start + m] = unit_rows((1 - weight) * real[one] + weight * real[other] + moved)
    return made


def allowed_rows(n: int, share: float) -> np.ndarray | None:
    """A filter of some selectivity, (n,) bool; None: no filter."""
    return None if share == 1 else np.random.default_rng(int(1 / share)).random(n) < share


class Exact:
    """Brute force by numpy, and what it finds."""

    def __init__(self, vectors: np.ndarray) -> None:
        self.vectors = vectors

    def search(self, query: np.ndarray, allowed: np.ndarray | None) -> np.ndarray:
        """All scores, the others masked, then the best."""
        scores = self.vectors @ query
        if allowed is not None:
            scores[~allowed] = -np.inf
        return np.argpartition(-scores, K)[:K]

    def gathered(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The scores of the allowed rows alone, which are copied first."""
        return rows[np.argpartition(-(self.vectors[rows] @ query), min(K, len(rows) - 1))[:K]]


def measured_search(
    searches: Mapping[str, Search], exact: Exact, queries: np.ndarray, share: float
) -> dict[str, dict[str, Any]]:
    """Times and recall of some ways to search under a filter, by turns with numpy and with each other."""
    allowed = allowed_rows(len(exact.vectors), share)
    times: dict[str, list[float]] = {name: [] for name in (*searches, "numpy", "numpy_gathered")}
    recall: dict[str, list[float]] = {name: [] for name in searches}

    def timed(name: str, run: Callable[[], np.ndarray]) -> np.ndarray:
        began = time.perf_counter()
        found = run()
        times[name].append(time.perf_counter() - began)
        return found

    for search in searches.values():
        search(queries[0], allowed)
    for query in queries:
        best = timed("numpy", partial(exact.search, query, allowed))
        if allowed is not None:
            timed("numpy_gathered", partial(exact.gathered, query, np.flatnonzero(allowed)))
        right = set(best.tolist() if allowed is None else best[allowed[best]].tolist())
        for name, search in searches.items():
            found = timed(name, partial(search, query, allowed))
            recall[name].append(len(set(found.tolist()) & right) / max(len(right), 1))
    p50 = {name: 1000 * float(np.median(taken)) for name, taken in times.items() if taken}
    gathered = p50.get("numpy_gathered")
    return {
        name: {
            "p50_ms": round(p50[name], 3),
            "p95_ms": round(1000 * float(np.quantile(times[name], 0.95)), 3),
            "numpy_p50_ms": round(p50["numpy"], 2),
            **({} if gathered is None else {"numpy_gathered_p50_ms": round(gathered, 2)}),
            "times_as_fast_as_numpy": round(p50["numpy"] / p50[name], 1),
            "recall_at_100": round(float(np.mean(recall[name])), 4),
        }
        for name in searches
    }


def built(kept: Path, make: Callable[[], Any], write: Callable[[Any], None], read: Callable[[], Any]) -> Any:
    """An index that was built before, or is built now and kept; and how many seconds that took."""
    told = kept.with_name(f"{kept.name}.json")
    if told.is_file() and kept.exists():
        return read(), json.loads(told.read_text(encoding="utf-8"))["build_s"]
    began = time.perf_counter()
    made = make()
    seconds = round(time.perf_counter() - began, 1)
    write(made)
    told.write_text(json.dumps({"build_s": seconds}), encoding="utf-8")
    return made, seconds


def of_store(method: str, vectors: np.ndarray, folder: Path) -> tuple[Search, dict[str, Any]]:
    """A store of ours with these vectors: how it searches, what it takes, and how it loads."""
    name, _, factory = method.rpartition(":")
    projection = Projection.fit(vectors, int(name.removeprefix("pca"))) if name else None
    kept = folder / re.sub(r"\W+", "-", method)

    def make() -> FaissStore:
        rows = vectors if projection is None else projection(vectors)
        made = FaissStore(rows.shape[1], factory)
        made.add([str(row) for row in range(len(rows))], rows)
        return made

    _, seconds = built(kept, make, lambda made: made.save(kept), lambda: None)
    began = time.perf_counter()
    store = FaissStore.load(kept)
    loaded = time.perf_counter() - began

    def search(query: np.ndarray, allowed: np.ndarray | None) -> np.ndarray:
        seen = query[None] if projection is None else projection(query[None])
        return store.search(seen, K, allowed).rows[0]

    size = store.bytes
    about = {"kind": store._kind, "build_s": seconds, "bytes": sum(size.values()), "parts": size}
    return search, {**about, "load_s": round(loaded, 3), "memory_mapped": store._is_mapped}


def of_hnswlib(vectors: np.ndarray, folder: Path) -> tuple[Search, dict[str, Any]]:
    """The graph of hnswlib: 16 links, 100 looked at while it is built, 512 while it is searched."""
    import hnswlib

    kept = folder / "hnswlib.bin"

    def make() -> Any:
        index = hnswlib.Index("ip", vectors.shape[1])
        index.init_index(len(vectors), ef_construction=100, M=16, random_seed=0)
        index.add_items(vectors, num_threads=2)
        return index

    def read() -> Any:
        index = hnswlib.Index("ip", vectors.shape[1])
        index.load_index(str(kept), max_elements=len(vectors))
        return index

    index, seconds = built(kept, make, lambda made: made.save_index(str(kept)), read)
    index.set_ef(512)
    index.set_num_threads(1)

    def search(query: np.ndarray, allowed: np.ndarray | None) -> np.ndarray:
        only = None if allowed is None else (lambda row: bool(allowed[row]))
        try:
            return index.knn_query(query, K, num_threads=1, filter=only)[0][0]
        except RuntimeError:  # it found fewer than were asked for, and gives none then
            return np.empty(0, dtype=np.int64)

    return search, {"kind": "M 16, ef 512", "build_s": seconds, "bytes": index.index_file_size()}


def retrieval(sizes: list[int], methods: list[str], count: int, again: bool, folder: Path) -> None:
    """Measure all ways to search at every size, in one run; what is built is kept in the folder."""
    import faiss

    from wherefore.training.requests import read_requests

    loaded = load_index(starter_dir())
    texts = [one.text for one in read_requests(REQUESTS)]
    queries = loaded.index.embedder.encode(texts[:count], "query")
    real = np.array(loaded.index.vectors)
    del loaded
    for size in sizes:
        wanted = [one for one in methods if again or f"{size}/{one}" not in held("retrieval")]
        if not wanted:
            continue
        vectors = invented_vectors(real, size)
        own = folder / "retrieval" / str(size)
        own.mkdir(parents=True, exist_ok=True)
        faiss.omp_set_num_threads(2)
        made = {
            one: of_hnswlib(vectors, own) if one == "hnswlib" else of_store(one, vectors, own)
            for one in wanted
        }
        faiss.omp_set_num_threads(1)
        exact, searches = Exact(vectors), {method: search for method, (search, _) in made.items()}
        found = {share: measured_search(searches, exact, queries, share) for share in SHARES}
        for method, (_, about) in made.items():
            row = {
                "items": size,
                "method": method,
                **about,
                "beside": [one for one in wanted if one != method],
            }
            row["queries"] = len(queries)
            row["share_of_raw"] = round(about["bytes"] / vectors.nbytes, 4)
            row["filters"] = {str(share): told[method] for share, told in found.items()}
            keep("retrieval", f"{size}/{method}", row)
            print(json.dumps(row), flush=True)
        del searches, made, exact
        gc.collect()


def held(part: str) -> dict[str, Any]:
    """The rows of a part that were measured before."""
    if not RESULTS.is_file():
        return {}
    return dict(json.loads(RESULTS.read_text(encoding="utf-8")).get(part, {}))


def keep(part: str, name: str, row: dict[str, Any]) -> None:
    """Write a row to the results, with where it is from."""
    figures = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    row["from"] = provenance(" ".join(["python", "scripts/measure_scale.py", *sys.argv[1:]]), 0)
    figures["how"] = (__doc__ or "").strip()
    figures.setdefault(part, {})[name] = row
    with write_aside(RESULTS) as aside:
        aside.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def peak_mb() -> int:
    """The most memory that this process has taken."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


# -- a turn


class Invented:
    """The product's embedder, but with invented vectors for items: to embed a million texts takes hours."""

    def __init__(self, embedder: Embedder, real: np.ndarray) -> None:
        self.name, self.dim = embedder.name, embedder.dim
        self._embedder, self._real, self._given = embedder, real, 0
        self._mean = real.mean(axis=0)

    def encode(self, texts: Sequence[str], kind: Kind, progress: Progress | None = None) -> np.ndarray:
        """Invented vectors for items, the product's for what is asked."""
        if kind != "item":
            return self._embedder.encode(texts, kind, progress)
        self._given += 1
        return invented_vectors(self._real, len(texts), self._given, self._mean)


def invented_items(real: Catalog, n: int, seed: int = 0) -> Iterator[Item]:
    """Items whose groups of fields are drawn from different real ones; half of the names are put together anew."""
    rng = np.random.default_rng(seed)
    items = real.items
    titles = [item.title.split() for item in items]
    for number in range(n):
        drawn = rng.integers(0, len(items), 8)
        one, other, third, fourth = (items[row] for row in drawn[:4])
        first, last = titles[drawn[4]], titles[drawn[5]]
        title = " ".join([*first[: (len(first) + 1) // 2], *last[len(last) // 2 :]])
        fields = {
            name: source.fields[name]
            for source, names in (
                (one, ("genres", "keywords", "moods", "warnings", "age", "about")),
                (other, ("year", "runtime_min")),
                (third, ("directors", "cast")),
                (fourth, ("country", "language")),
            )
            for name in names
            if name in source.fields
        }
        others = items[drawn[6]].values("cast")
        for name in ("directors", "cast"):
            if name in fields and others:
                fields[name] = tuple(
                    dict.fromkeys(
                        f"{who.split()[0]} {others[place % len(others)].split()[-1]}" if place % 2 else who
                        for place, who in enumerate(fields[name], start=number % 2)
                    )
                )
        if (known := items[drawn[7]].get("popularity")) is not None:
            fields["popularity"] = round(float(known) * float(rng.lognormal(0, 0.2)), 4)
        yield Item(f"i{number}", title, fields)


def build_turn(folder: Path, size: int) -> dict[str, Any]:
    """Make an invented catalogue and its index, unless it is there."""
    from wherefore.checkpoint import load_checkpoint, moved

    folder.mkdir(parents=True, exist_ok=True)
    base = load_checkpoint(starter_dir(), "cpu")
    real = np.array(base.index.vectors)
    schema = base.catalog.schema
    gone = {"alt_titles", "hooks", "themes", "feel", "redial_ids"}
    schema = schema.model_copy(update={"fields": tuple(f for f in schema.fields if f.name not in gone)})
    began = time.perf_counter()
    catalog = Catalog(invented_items(base.catalog, size), schema, "invented")
    catalog.save(folder / "items.parquet")
    made = time.perf_counter() - began
    del catalog
    gc.collect()
    base.index.embedder = Invented(base.index.embedder, real)
    began = time.perf_counter()
    moved(base, Catalog.load(folder / "items.parquet"), cache=folder)
    return {
        "catalog_s": round(made, 1),
        "index_s": round(time.perf_counter() - began, 1),
        "peak_mb": peak_mb(),
    }


def derived_turn(folder: Path) -> dict[str, Any]:
    """Derive what turns look up and keep it beside the index, unless it is there: what a first start does."""
    from wherefore.recommender import Recommender

    began = time.perf_counter()
    recommender = Recommender.from_catalog(folder / "items.parquet", cache=folder, device="cpu")
    recommender.prepare()
    taken = time.perf_counter() - began
    kept = recommender.catalog.derived.folder
    size = sum(file.stat().st_size for file in kept.rglob("*") if file.is_file()) if kept else 0
    return {"derived_s": round(taken, 1), "derived_mb": size >> 20, "derived_peak_mb": peak_mb()}


SAID = (
    "Something funny with Tom Hanks, from the nineties",
    "a scary movie after 2010, no gore please",
    "I loved Alien. What else is like that?",
    "a heist film that is under two hours",
    "something French and romantic, not too old",
    "a western, the best known ones",
)


def measured_turns(folder: Path, profile: bool) -> dict[str, Any]:
    """Start from a built index, then some first turns: seconds to the start, to each list and to its end."""
    import cProfile
    import pstats

    from wherefore.recommender import Recommender
    from wherefore.reply import ListReady

    stages: dict[str, float] = {}
    watched = cProfile.Profile()
    if profile:
        watched.enable()
    began = time.perf_counter()
    catalog = Catalog.load(folder / "items.parquet")
    stages["catalog_s"] = time.perf_counter() - began
    recommender = Recommender.from_catalog(catalog, cache=folder, device="cpu")
    stages["start_s"] = time.perf_counter() - began
    stages["start_peak_mb"] = peak_mb()
    if profile:
        watched.disable()
        pstats.Stats(watched).sort_stats("cumulative").print_stats(45)
        watched = cProfile.Profile()
        watched.enable()
    lists, ends, again = [], [], []
    for times in (lists, again):
        for said in SAID:
            began = time.perf_counter()
            for event in recommender.stream([{"role": "user", "content": said}]):
                if isinstance(event, ListReady):
                    times.append(time.perf_counter() - began)
            if times is lists:
                ends.append(time.perf_counter() - began)
    if profile:
        watched.disable()
        pstats.Stats(watched).sort_stats("cumulative").print_stats(90)
        pstats.Stats(watched).sort_stats("tottime").print_stats(25)
    return {
        **{name: round(taken, 2) for name, taken in stages.items()},
        "first_list_s": round(lists[0], 2),
        "new_words_list_s": [round(taken, 2) for taken in lists[1:]],
        "new_words_list_p50_s": round(float(np.median(lists[1:])), 2),
        "again_list_p50_s": round(float(np.median(again)), 2),
        "reply_p50_s": round(float(np.median(ends[1:])), 2),
        "peak_mb": peak_mb(),
    }


def turns(sizes: list[int], folder: Path, note: str, again: bool, profile: bool) -> None:
    """Measure a turn at every size, in a process of its own."""
    for size in sizes:
        name = f"{size}/{note}" if note else str(size)
        if name in held("turn") and not again:
            continue
        told: dict[str, Any] = {}
        for step in ("build", "derive", "run"):
            if step == "build" and (folder / str(size) / "built").is_file():
                told |= {"build": json.loads((folder / str(size) / "built").read_text(encoding="utf-8"))}
                continue
            command = [
                sys.executable,
                __file__,
                "--step",
                step,
                "--sizes",
                str(size),
                "--folder",
                str(folder),
            ]
            done = subprocess.run(
                [*command, *(["--profile"] if profile else [])], stdout=subprocess.PIPE, check=True
            )
            print(done.stdout.decode(), flush=True)
            found = json.loads(done.stdout.decode().splitlines()[-1])
            told |= {step: found} if step != "run" else found
        keep("turn", name, {"items": size, **({"note": note} if note else {}), **told})


def table() -> str:
    """What docs/scale.md tells of whole turns, by the results."""
    lines = [
        "| items | start | first list, others (median) | memory at the start, at most |",
        "|---|---|---|---|",
    ]
    for row in sorted(held("turn").values(), key=lambda one: one["items"]):
        if "start_peak_mb" in row:
            lists = f"{row['first_list_s']} s, {row['new_words_list_p50_s']} s"
            memory = f"{row['start_peak_mb'] / 1024:.1f} GB, {row['peak_mb'] / 1024:.1f} GB"
            lines.append(f"| {row['items']:,} | {row['start_s']} s | {lists} | {memory} |")
    return "\n".join(lines)


def main() -> None:
    """Measure what is asked for."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--part", choices=["retrieval", "turn", "table"], default="retrieval")
    asked.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    asked.add_argument("--methods", nargs="+", default=list(METHODS))
    asked.add_argument("--queries", type=int, default=100)
    asked.add_argument("--again", action="store_true", help="measure rows that are there already, too")
    asked.add_argument("--note", default="", help="for the row's name: `before`, `after`")
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "wherefore-scale")
    asked.add_argument("--step", choices=["build", "derive", "run"], help="of `turn`, in this process")
    asked.add_argument("--profile", action="store_true", help="print where a turn's time goes")
    given = asked.parse_args()
    own = given.folder / str(given.sizes[0])
    if given.step == "build":
        told = json.dumps(build_turn(own, given.sizes[0]))
        (own / "built").write_text(told, encoding="utf-8")
        print(told)
    elif given.step == "derive":
        print(json.dumps(derived_turn(own)))
    elif given.step == "run":
        print(json.dumps(measured_turns(own, given.profile)))
    elif given.part == "table":
        print(table())
    elif given.part == "turn":
        turns(given.sizes, given.folder, given.note, given.again, given.profile)
    elif given.part == "retrieval":
        retrieval(given.sizes, given.methods, given.queries, given.again, given.folder)


if __name__ == "__main__":
    main()
