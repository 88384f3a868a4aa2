"""A trie of items' codes, and a search in it that can write no code which is not an allowed item's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wherefore.errors import ConfigError

# Which nodes of a depth are read, (f,) -> logits of what may come next, (f, codes).
Read = Callable[[int, np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class _Depth:
    """The nodes whose codes have the same length, in order of those codes."""

    parent: np.ndarray  # (p,) number of the node before, of the depth before
    token: np.ndarray  # (p,) the last code
    count: np.ndarray  # (p,) items beneath
    item: np.ndarray  # (p,) row of one of them
    start: np.ndarray  # (p,) number of the first child, of the next depth
    children: np.ndarray  # (p,) how many


class CodeTrie:
    """The beginnings of n items' codes.

    A node with one item beneath needs no further codes: that item is meant.

    Args:
        codes: (n, longest), -1 behind an end; see `ItemCodes.matrix`.
        width: How many codes there are at most on a depth.

    Raises:
        ConfigError: If two items have the same code, or one goes on from another's end.
    """

    def __init__(self, codes: np.ndarray, width: int) -> None:
        self.codes, self.width = codes, width
        n, longest = codes.shape
        order = np.lexsort(codes.T[::-1]) if longest else np.arange(n)
        given = codes[order]
        node = np.zeros((longest + 1, n), dtype=np.int64)
        depths: list[_Depth] = []
        fresh = np.zeros(n, dtype=bool)
        fresh[:1] = True
        for depth in range(longest + 1):
            if depth:
                fresh = fresh.copy()
                fresh[1:] |= given[1:, depth - 1] != given[:-1, depth - 1]
            number = np.cumsum(fresh) - 1
            first = np.flatnonzero(fresh)
            node[depth, order] = number
            depths.append(
                _Depth(
                    parent=node[depth - 1, order][first] if depth else np.full(len(first), -1),
                    token=given[first, depth - 1] if depth else np.full(len(first), -1),
                    count=np.bincount(number, minlength=len(first)) if n else np.zeros(0, np.int64),
                    item=order[first],
                    start=np.zeros(len(first), dtype=np.int64),
                    children=np.zeros(len(first), dtype=np.int64),
                )
            )
        for above, below in zip(depths, depths[1:], strict=False):
            above.children[:] = np.bincount(below.parent, minlength=len(above.parent))
            above.start[:] = np.cumsum(above.children) - above.children
        self.depths, self.node = tuple(depths), node
        self._check()

    def _check(self) -> None:
        last = self.depths[-1]
        if len(last.count) and last.count.max() > 1:
            code = self.codes[last.item[last.count.argmax()]].tolist()
            raise ConfigError(f"{int(last.count.max())} items have the same code, {code}")
        for above, below in zip(self.depths, self.depths[1:], strict=False):
            ended = below.parent[below.token < 0]
            if len(ended) and above.count[ended].max() > 1:
                raise ConfigError("a code begins another: end each in a way that none goes on from")
        if self.codes.size and self.codes.max() >= self.width:
            raise ConfigError(f"a code is {int(self.codes.max())}; there are {self.width} on each depth")

    def __len__(self) -> int:
        return len(self.codes)

    def path(self, depth: int, nodes: np.ndarray) -> np.ndarray:
        """The codes that lead to nodes of a depth, (f, depth)."""
        made: np.ndarray = self.codes[self.depths[depth].item[nodes], :depth]
        return made

    def children(self, depth: int, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The children of nodes of a depth, one node after the other, and the place in `nodes` of each one's parent."""
        at = self.depths[depth]
        counts = at.children[nodes]
        lines = np.repeat(np.arange(len(nodes)), counts)
        within = np.arange(len(lines)) - np.repeat(np.cumsum(counts) - counts, counts)
        return at.start[nodes][lines] + within, lines

    def going_on(self, depth: int, nodes: np.ndarray) -> np.ndarray:
        """Which nodes of a depth have more than one item beneath, so that a code must follow, (f,) bool."""
        made: np.ndarray = self.depths[depth].count[nodes] > 1
        return made

    def following(self, depth: int, nodes: np.ndarray) -> np.ndarray:
        """Which codes may follow nodes of a depth that go on, (f, width) bool."""
        mask = np.zeros((len(nodes), self.width), dtype=bool)
        below, lines = self.children(depth, nodes)
        mask[lines, self.depths[depth + 1].token[below]] = True
        return mask

    def allowed(self, rows: np.ndarray) -> list[np.ndarray]:
        """Which nodes of each depth have an allowed item beneath; `rows` is (n,) bool."""
        made = []
        for at, node in zip(self.depths, self.node, strict=True):
            mask = np.zeros(len(at.count), dtype=bool)
            mask[node[rows]] = True
            made.append(mask)
        return made


class Writing:
    """What a model gives to each beginning of a code, after one dialogue; nothing is read twice.

    Codes that no item of the catalogue goes on with are masked before the softmax, so that the probabilities of all
    items add up to 1. Limits do not change that: a node beneath which nothing is allowed is never entered, and what
    is left keeps its proportions. Were limits masked before the softmax too, an item that stands alone in an unlikely
    branch would take over that branch's whole share.

    Args:
        trie: Of the catalogue.
        read: Gives logits.
    """

    def __init__(self, trie: CodeTrie, read: Read) -> None:
        self.trie, self._read = trie, read
        self._logs = [np.full(len(at.count), np.nan, dtype=np.float32) for at in trie.depths]
        if len(trie):
            self._logs[0][0] = 0.0

    def expand(self, depth: int, nodes: np.ndarray) -> None:
        """Read what may follow these nodes, all of which go on."""
        below, _ = self.trie.children(depth, nodes)
        first = self.trie.depths[depth].start[nodes]
        nodes = nodes[np.isnan(self._logs[depth + 1][first])] if len(below) else nodes[:0]
        if not len(nodes):
            return
        logits = self._read(depth, nodes).astype(np.float64)
        logits[~self.trie.following(depth, nodes)] = -np.inf
        top = logits.max(axis=1, keepdims=True)
        logits -= top + np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
        below, lines = self.trie.children(depth, nodes)
        self._logs[depth + 1][below] = logits[lines, self.trie.depths[depth + 1].token[below]]

    def search(self, allowed: np.ndarray, beam: int, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The likeliest allowed items that a beam search finds.

        Args:
            allowed: (n,) bool.
            beam: Beginnings that are gone on with on each depth; exact when there are no more.
            k: Items, at most.

        Returns:
            Rows, best first (equal ones by row), and their log-probabilities.
        """
        found_rows: list[np.ndarray] = []
        found_logs: list[np.ndarray] = []
        if not allowed.any() or k < 1:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        entered = self.trie.allowed(allowed)
        nodes, logs = np.zeros(1, dtype=np.int64), np.zeros(1)
        for depth, at in enumerate(self.trie.depths):
            on = self.trie.going_on(depth, nodes)
            found_rows.append(at.item[nodes[~on]])
            found_logs.append(logs[~on])
            nodes, logs = nodes[on], logs[on]
            if not len(nodes):
                break
            best = np.lexsort((nodes, -logs))[:beam]
            nodes, logs = nodes[best], logs[best]
            self.expand(depth, nodes)
            below, lines = self.trie.children(depth, nodes)
            logs = logs[lines] + self._logs[depth + 1][below]
            kept = entered[depth + 1][below]
            nodes, logs = below[kept], logs[kept]
        rows, scores = np.concatenate(found_rows), np.concatenate(found_logs)
        best = np.lexsort((rows, -scores))[:k]
        return rows[best].astype(np.int64), scores[best].astype(np.float32)

    def score(self, rows: np.ndarray) -> np.ndarray:
        """The log-probability of items by row, (m,) float32."""
        total = np.zeros(len(rows))
        for depth in range(len(self.trie.depths) - 1):
            here = self.trie.node[depth, rows]
            on = self.trie.going_on(depth, here)
            if not on.any():
                break
            self.expand(depth, np.unique(here[on]))
            total[on] += self._logs[depth + 1][self.trie.node[depth + 1, rows[on]]]
        return total.astype(np.float32)
