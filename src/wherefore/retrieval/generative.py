"""The source that writes: a language model reads the dialogue and writes codes of items that exist and are allowed.

Generative retrieval (TIGER: Rajput et al., 2023, arXiv 2305.05065; LC-Rec: Zheng et al., 2024, arXiv 2311.09049; for
conversations: arXiv 2605.21987).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wherefore.config import Component
from wherefore.dialogue.messages import Dialogue
from wherefore.errors import CheckpointError, ConfigError, TrainingError
from wherefore.progress import Progress
from wherefore.retrieval.checks import at_least_one
from wherefore.retrieval.code_decoder import CodeDecoder, Reading
from wherefore.retrieval.code_lessons import Tokenizer, lesson_of
from wherefore.retrieval.code_training import CodeTraining, in_short
from wherefore.retrieval.code_trie import CodeTrie, Writing
from wherefore.retrieval.content_signals import ContentSignal
from wherefore.retrieval.index import Index
from wherefore.retrieval.item_codes import ItemCodes, Quantizer
from wherefore.retrieval.item_vectors import ItemVectors
from wherefore.retrieval.latest import Latest
from wherefore.retrieval.learned import TextVectors
from wherefore.retrieval.signals import Signal, SignalVectors, make_signals
from wherefore.retrieval.source import Found, nothing, unknown
from wherefore.retrieval.tensors import nothing_named, packed, unfitted, unpacked
from wherefore.retrieval.utterances import message_texts

_TEXT = "text"


class GenerativeCodes:
    """Writes the codes of items that the assistant is likeliest to name next.

    Items' vectors are quantized to codes (`ItemCodes`), which are new tokens of a causal LM. The LM reads a dialogue,
    its messages as soft tokens and its items as their codes, and learns to foretell the codes of what is named next.
    In a search it writes along a trie of the catalogue's codes and enters no node beneath which nothing is allowed: it
    cannot give an item that does not exist or breaks a limit. An item that is added later gets its code from the same
    quantizer, and what the LM knows of that code's beginning holds for it, too.

    Args:
        index: What is searched.
        k: Rows given at most.
        beam: Beginnings of codes that are gone on with.
        llm: Name or folder of the causal LM, as in `llm.name`.
        layers: Of it that are used, the first; None: all.
        lora: Rank of an adapter; None: all weights of the layers learn.
        levels: Codes of an item, before what tells items of the same codes apart.
        codes: How many there are on each level.
        signals: What codes are made of beside the text, as `signals` of the config; None: what people name together,
            pictures and vectors, as far as there are some.
        weights: Of the signals and of `text`, 1 where not given.
        epochs: Passes over the dialogues, at most.
        patience: Training ends after so many epochs in a row that were no better on the newest dialogues.
        held_out: Share of the dialogues, the newest, that are held out for that.
        batch_size: Dialogues in a step.
        lr: Highest learning rate.
        weight_decay: On matrices.
        dropout: See `CodeDecoder`.
        text_dropout: See `CodeDecoder`.
        user_weight: Weight of what users name; what assistants name has weight 1.
        seed: Of centroids, weights, order and dropout.
        bf16: Train in bfloat16 where matrices are multiplied.
        device: Where it trains: `auto`, `cpu`, or another of torch's names. Searches run on the CPU.
        kept: Folder for the state of a training after each epoch, so that a killed one goes on; None: not kept.

    Attributes:
        history: Of each epoch of the last `fit`: `loss`, `held_out`, `seconds`.

    Raises:
        ConfigError: If a number is out of its range or a signal is not known.
        ModelError: If the LLM is not at hand.
    """

    name = "codes"

    def __init__(
        self,
        index: Index,
        k: int = 200,
        beam: int = 64,
        llm: str = "minilm",
        layers: int | None = None,
        lora: int | None = None,
        levels: int = 2,
        codes: int = 256,
        signals: Sequence[Component | Mapping[str, Any]] | None = None,
        weights: Mapping[str, float] | None = None,
        epochs: int = 8,
        patience: int = 2,
        held_out: float = 0.05,
        batch_size: int = 48,
        lr: float = 5e-4,
        weight_decay: float = 0.05,
        dropout: float = 0.1,
        text_dropout: float = 0.1,
        user_weight: float = 1.0,
        seed: int = 0,
        bf16: bool = True,
        device: str = "cpu",
        kept: str | Path | None = None,
    ) -> None:
        at_least_one(k=k, beam=beam, levels=levels, codes=codes)
        for name, share in (("dropout", dropout), ("text_dropout", text_dropout)):
            if not 0 <= share < 1:
                raise ConfigError(f"`{name}` is {share}; it must be at least 0 and less than 1")
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        self.index, self.k, self.beam = index, k, beam
        self.levels, self.codes, self.weights, self.seed = levels, codes, dict(weights or {}), seed
        self.kept = None if kept is None else Path(kept)
        self.training = CodeTraining(
            *(epochs, patience, batch_size, lr, weight_decay, user_weight, held_out, seed, bf16, device)
        )
        self.history: list[dict[str, float]] = []
        self._llm: dict[str, Any] = {
            **{"llm": llm, "layers": layers, "lora": lora},
            **{"dropout": dropout, "text_dropout": text_dropout, "seed": seed},
        }
        self._wanted = None if signals is None else _components(signals)
        make_signals(self._wanted or ())  # what cannot be made is refused here
        self._learnt: _Learnt | None = None
        self._view = Latest[_CatalogView]()
        self._writing = Latest[Writing]()

    # -- learning ---------------------------------------------------------------------------------------

    @property
    def fitted(self) -> bool:
        """Whether it has learned."""
        return self._learnt is not None

    def fit(
        self,
        dialogues: Sequence[Dialogue],
        vectors: TextVectors | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Make codes and train the LM from how it came; every message that names new items is something to foretell.

        Raises:
            TrainingError: If no dialogue names a new item after its first message.
            FloatingPointError: If the loss is no longer a number.
            CheckpointError: If the state in `kept` is damaged.
        """
        catalog = self.index.catalog
        row = {item: place for place, item in enumerate(catalog.ids)}
        lessons = [one for one in (lesson_of(said, row) for said in dialogues) if one.foretells]
        if not lessons:
            raise nothing_named(self.name, len(dialogues))
        signals = self._signals(dialogues)
        parts = _parts(self.index, signals)
        quantizer = Quantizer.fit(parts, self.levels, self.codes, self.weights, self.seed)
        given = quantizer.vectors(parts)
        codes = ItemCodes(quantizer).with_items(catalog.ids, given)
        tokenizer = Tokenizer(CodeTrie(codes.matrix(catalog.ids), _width(quantizer)), self.levels)
        with torch.random.fork_rng(devices=[]):
            decoder = self._decoder(quantizer)
            decoder.start_codes([item.title for item in catalog.items], parts[_TEXT], quantizer.first_parts())
            vectors = TextVectors(self.index) if vectors is None else vectors
            rows = vectors.rows([text for lesson in lessons for text in lesson.texts])
            ends = np.cumsum([0, *(len(lesson.texts) for lesson in lessons)])
            self.history = self.training.run(
                decoder,
                tokenizer,
                [(lesson, rows[ends[n] : ends[n + 1]]) for n, lesson in enumerate(lessons)],
                torch.from_numpy(np.asarray(vectors.matrix)),
                torch.from_numpy(given),
                progress or (lambda done, of: None),
                self.kept,
            )
        named = {mention.item_id for said in dialogues for mention in said.mentions}
        self._learnt = _Learnt(signals, codes, decoder, frozenset(named & set(catalog.ids)))

    def _signals(self, dialogues: Sequence[Dialogue]) -> dict[str, tuple[Component, SignalVectors]]:
        """What codes are made of beside the text."""
        found: dict[str, tuple[Component, SignalVectors]] = {}
        for component in self._wanted if self._wanted is not None else _at_hand(self.index):
            name, signal = next(iter(make_signals([component]).items()))
            try:
                if isinstance(signal, ContentSignal):
                    found[name] = (component, signal.learn(self.index))
                else:
                    found[name] = (component, signal.fit(dialogues, self.index.catalog))
            except TrainingError:
                if self._wanted is not None:  # it was asked for
                    raise
        return found

    def _decoder(self, quantizer: Quantizer) -> CodeDecoder:
        tokens = 2 + (quantizer.levels + 1) * _width(quantizer)
        width = int(quantizer.centroids.shape[2])
        return CodeDecoder(tokens=tokens, text_width=self.index.dim, item_width=width, **self._llm)

    def tensors(self) -> dict[str, np.ndarray]:
        """See `Learned.tensors`."""
        learnt = self._learned()
        about = {
            "embedder": self.index.embedder.name,
            "named": sorted(learnt.named),
            "signals": [one.model_dump(mode="json") for one, _ in learnt.signals.values()],
            "decoder": {name: self._llm[name] for name in ("llm", "layers", "lora")},
        }
        made = {"about": packed(about)}
        for name, (_, given) in learnt.signals.items():
            made |= {f"signal.{name}.{key}": one for key, one in given.tensors().items()}
        made |= {f"codes.{name}": one for name, one in learnt.codes.tensors().items()}
        return made | {f"llm.{name}": in_short(one) for name, one in learnt.decoder.learned.items()}

    def restore(self, tensors: Mapping[str, np.ndarray]) -> None:
        """See `Learned.restore`."""
        try:
            about = dict(unpacked(tensors["about"]))
            embedder, decoder = str(about["embedder"]), dict(about["decoder"])
            named, components = frozenset(map(str, about["named"])), _components(about["signals"])
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"what source {self.name!r} learned is damaged ({error!r}); train it again"
            ) from error
        for what, trained, here in (
            ("the vectors of", embedder, self.index.embedder.name),
            *((f"`{name}`", one, self._llm[name]) for name, one in decoder.items() if name in self._llm),
        ):
            if trained != here:
                raise CheckpointError(
                    f"source {self.name!r} was trained with {what} {trained!r}, here it is {here!r}; use what it was "
                    "trained with, or train it again"
                )
        codes = ItemCodes.of(_part(tensors, "codes."))
        signals = {
            name: (one, _restored(name, one, _part(tensors, f"signal.{name}.")))
            for one in components
            for name in make_signals([one])
        }
        with torch.random.fork_rng(devices=[]):
            made = self._decoder(codes.quantizer).eval()
        weights = _part(tensors, "llm.")
        own = made.learned
        wrong = [
            f"{name} is {np.shape(weights[name]) if name in weights else 'missing'}, here "
            f"{tuple(own[name].shape) if name in own else 'unknown'}"
            for name in sorted(set(own) | set(weights))
            if name not in own or name not in weights or weights[name].shape != tuple(own[name].shape)
        ]
        if wrong:
            raise CheckpointError(
                f"what source {self.name!r} learned does not fit: {'; '.join(wrong[:3])} ({len(wrong)} in all); "
                "`llm`, `layers`, `lora`, `levels` and `codes` must be those it was trained with"
            )
        if not all(np.isfinite(one).all() for one in weights.values()):
            raise CheckpointError(f"what source {self.name!r} learned is not finite; train it again")
        with torch.no_grad():
            for name, weight in own.items():
                weight.copy_(torch.from_numpy(np.asarray(weights[name], dtype=np.float32)))
        self._learnt = _Learnt(signals, codes, made, named)

    # -- searching ----------------------------------------------------------------------------------------

    def texts(self, dialogue: Dialogue) -> list[str]:
        """The messages, without those that are titles alone."""
        return [text for text in message_texts(dialogue) if text] if self._knows else []

    def search(self, dialogue: Dialogue, query: np.ndarray, k: int, allowed: np.ndarray) -> Found:
        """The likeliest allowed rows that a beam search writes."""
        if not self._knows:
            return nothing()
        return self._written(dialogue).search(allowed, max(self.beam, 1), k)

    def score(self, dialogue: Dialogue, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Log-probability that each row's code is written (m,); NaN on a catalogue of which it knows no item."""
        if not self._knows or not len(rows):
            return unknown(rows)
        return self._written(dialogue).score(np.asarray(rows, dtype=np.int64))

    def code(self, item: str) -> tuple[int, ...]:
        """An item's codes, one for each level, then its number among the items that share them.

        Raises:
            CheckpointError: If nothing was learned yet.
            KeyError: If the item is not in the catalogue.
        """
        self._now()
        return self._learned().codes.code(item)

    @property
    def _knows(self) -> bool:
        return self._learnt is not None and self._now().knows

    def _written(self, dialogue: Dialogue) -> Writing:
        """What the LM gives to the beginnings of codes after a dialogue."""
        view = self._now()

        def write() -> Writing:
            lesson = lesson_of(dialogue, view.row)
            vectors = self.index.embed_all(list(dict.fromkeys(lesson.texts)))
            texts = np.stack([vectors[text] for text in lesson.texts] or [np.zeros(self.index.dim)])
            tokens = view.tokenizer(lesson, np.arange(len(lesson.texts)), asked=True)
            given = torch.from_numpy(texts.astype(np.float16))  # rounded as in training
            reading = Reading(self._learned().decoder, view.tokenizer, tokens, given, view.vectors)
            return Writing(view.tokenizer.trie, reading)

        return self._writing.get(write, dialogue, view)

    # -- the catalogue as it sees it ------------------------------------------------------------------------

    def _learned(self) -> _Learnt:
        if self._learnt is None:
            raise unfitted(self.name)
        return self._learnt

    def _now(self) -> _CatalogView:
        learnt = self._learned()
        return self._view.get(lambda: self._look(learnt), learnt.decoder, self.index.catalog.items)

    def _look(self, learnt: _Learnt) -> _CatalogView:
        """Codes of the items as they are now; new ones get theirs, which they keep."""
        ids, quantizer = self.index.catalog.ids, learnt.codes.quantizer
        vectors = quantizer.vectors(_parts(self.index, learnt.signals))
        learnt.codes = learnt.codes.with_items(ids, vectors)
        trie = CodeTrie(learnt.codes.matrix(ids), _width(quantizer))
        return _CatalogView(
            {item: row for row, item in enumerate(ids)},
            Tokenizer(trie, quantizer.levels),
            torch.from_numpy(vectors),
            any(item in learnt.named for item in ids),
        )


@dataclass(slots=True)
class _Learnt:
    """All that was learned; `codes` grows with the catalogue."""

    signals: dict[str, tuple[Component, SignalVectors]]
    codes: ItemCodes
    decoder: CodeDecoder
    named: frozenset[str]  # items that training dialogues name


@dataclass(frozen=True, slots=True)
class _CatalogView:
    """A catalogue as the LM sees it."""

    row: Mapping[str, int]
    tokenizer: Tokenizer
    vectors: Tensor
    knows: bool  # any item that was named in training


def _components(given: Sequence[Component | Mapping[str, Any]]) -> tuple[Component, ...]:
    return tuple(one if isinstance(one, Component) else Component(**one) for one in given)


def _at_hand(index: Index) -> list[Component]:
    """The signals that an index has something for, and what people name together."""
    made = [Component(name="collaborative")]
    for component in (Component(name="pictures"), Component(name="vectors")):
        signal = next(iter(make_signals([component]).values()))
        spaces = getattr(signal, "spaces", None)
        if spaces is not None and spaces(index):
            made.append(component)
    return made


def _parts(index: Index, signals: Mapping[str, tuple[Component, SignalVectors]]) -> dict[str, np.ndarray]:
    """The vectors of all items by signal, the text's first; NaN where an item has none."""
    made = {_TEXT: np.asarray(index.vectors, dtype=np.float32)}
    return made | {name: given.rows(index).numpy() for name, (_, given) in signals.items()}


def _restored(name: str, component: Component, tensors: Mapping[str, np.ndarray]) -> SignalVectors:
    """A signal's vectors from what it gave to be kept."""
    signal: Signal = make_signals([component])[name]
    try:
        if isinstance(signal, ContentSignal):
            return signal.restored(dict(tensors))
        ids, vectors = unpacked(tensors["items"]), tensors["vectors"]
        if vectors.shape != (len(ids), signal.dim) or not np.isfinite(vectors).all():
            raise ValueError(f"{len(ids)} items have vectors of shape {vectors.shape}")
        return ItemVectors(tuple(map(str, ids)), vectors)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"the signal {name!r} of source 'codes' is damaged ({error}); train again"
        ) from error


def _width(quantizer: Quantizer) -> int:
    """How many codes may stand at one place, numbers' digits included."""
    return max(quantizer.codes, 2)


def _part(tensors: Mapping[str, np.ndarray], start: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(start): one for name, one in tensors.items() if name.startswith(start)}
