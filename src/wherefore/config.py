"""One config tree: the same names in Python, YAML and on the command line."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from wherefore.errors import ConfigError
from wherefore.extends import from_yaml, load_tree

_QUICK = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # where PyYAML has it
# What may differ from a checkpoint's training without harm, sections and single keys.
_FREE = (
    *(
        "images",
        "llm.dtype",
        "llm.max_dialogue_tokens",
        "llm.quantize",
        "retrieval.k",
        "store",
        "turn",
        "writer",
    ),
    "item_judge",
    *("llm.url", "llm.model", "llm.key_env", "llm.timeout", "llm.shortlist", "llm.parallel"),
)


# See `TurnConfig.unlearned`; 0 turns one off.
_UNLEARNED = {"pictures": 8.0, "vectors": 8.0, "wishes": 8.0, "asked": 6.0}


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Component(BaseModel):
    """A named component and its constructor's keywords: `{name: faiss, factory: SQ8}`.

    A name with a colon (`my_pkg.stores:Mine`) is imported, so a new component needs no edit here.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str

    @property
    def kwargs(self) -> dict[str, Any]:
        """The keywords besides the name."""
        return dict(self.model_extra or {})


def resolve(name: str, table: Mapping[str, Any], what: str) -> Any:
    """The entry of `table` called `name`, or the object imported from `module:attribute`.

    Raises:
        ConfigError: If the name is neither in the table nor importable; lists the known names.
    """
    if name in table:
        return table[name]
    if ":" in name:
        module, _, attribute = name.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise ConfigError(f"{what} {name!r} cannot be imported: {error}") from error
    known = ", ".join(sorted(table))
    raise ConfigError(f"unknown {what} {name!r}; known: {known}; or give your own as `package.module:Name`")


def build(component: Component, table: Mapping[str, Any], what: str, **given: Any) -> Any:
    """Call the component's constructor with its keywords and what the caller gives.

    Raises:
        ConfigError: If the name is unknown or the constructor does not take a keyword.
    """
    make = resolve(component.name, table, what)
    try:
        return make(**given, **component.kwargs)
    except TypeError as error:
        raise ConfigError(f"{what} {component.name!r}: {error}") from error


class LoraConfig(_Strict):
    """The LoRA adapter (Hu et al., 2022, arXiv 2106.09685)."""

    r: int = Field(64, ge=1)
    alpha: int = Field(128, ge=1)
    dropout: float = Field(0.0, ge=0, lt=1)
    target_modules: str | tuple[str, ...] = "all-linear"
    # Size and direction of each weight are learned apart (DoRA: Liu et al., 2024, arXiv 2402.09353).
    dora: bool = False


class LLMConfig(_Strict):
    """The causal LM: `minilm` (packaged, offline) or any Hugging Face id or folder."""

    name: str = "minilm"
    revision: str | None = None
    dtype: Literal["float32", "bfloat16", "float16", "auto"] = "float32"
    max_dialogue_tokens: int = Field(192, ge=16)  # the newest part of the dialogue that the LLM reads
    soft_mentions: bool = False  # the soft tokens of an item that the dialogue names follow its title
    lora: LoraConfig | None = LoraConfig()
    # The base's weights in few bits, on a GPU (with an adapter it is QLoRA: Dettmers et al., 2023, arXiv 2305.14314).
    quantize: Literal["4bit", "8bit"] | None = None
    # Text-only, without soft tokens: a server with the OpenAI interface ranks and words instead (see `remote.py`).
    url: str | None = None  # where the interface begins: http://localhost:11434/v1
    model: str | None = None  # as the server calls it; None: the only one that it has
    key_env: str = "OPENAI_API_KEY"  # the environment variable that holds the key, if the server wants one
    timeout: float = Field(30.0, gt=0)  # seconds for an answer
    shortlist: int = Field(20, ge=2, le=200)  # so many of the best candidates are put to it to be ordered
    parallel: int = Field(2, ge=1, le=32)  # requests at once, for sentences
    # It says what messages mean as well, instead of the packaged judge; a request for each.
    reads: bool = False


class PassagesConfig(_Strict):
    """How the clauses of items' texts are kept, for the source `passages`."""

    bytes: int | None = Field(None, ge=1)  # that a vector takes in a file; null: two for each dimension
    vectors: Path | None = None  # further ones by item, of texts that are not in the records


class RetrievalConfig(_Strict):
    """Where candidates come from."""

    k: int = Field(200, ge=1)  # candidates that go on to the ranker
    folds: int = Field(4, ge=2)  # learned sources are cross-fitted in so many parts for the ranker's training
    sources: tuple[Component, ...] = (
        Component(name="dense", k=100),
        Component(name="liked", k=100),
        Component(name="bm25", k=50),
        Component(name="attributes", k=100),
        Component(name="popularity", k=150),
    )
    passages: PassagesConfig = PassagesConfig()

    @property
    def reads_passages(self) -> bool:
        """Whether a source searches the items' texts by the clause."""
        return any(source.name == "passages" for source in self.sources)


class RankerConfig(_Strict):
    """How candidates are scored; all but `hidden` is for comparison and for machines where the LLM is too slow."""

    hidden: int = Field(64, ge=1)
    llm: bool = True  # the LLM reads dialogue and candidates; without, the sources alone decide
    features: bool = True  # the head sees the sources' ranks and scores
    # What the LLM reads of each candidate: its soft tokens, or its title.
    candidates: Literal["soft", "titles"] = "soft"
    mask: Literal["block", "causal"] = "block"  # a candidate sees itself alone, or those listed before it too


class ImagesConfig(_Strict):
    """How pictures of items become vectors."""

    # `pixels` (colours and outlines, nothing to fetch), a multimodal sentence-transformers model (CLIP, SigLIP) by hub
    # id or folder, or your own as `my_package.module:Mine`; null: pictures are shown, but not read.
    model: str | None = None
    revision: str | None = None
    batch_size: int = Field(16, ge=1)
    device: str = "auto"
    per_item: int = Field(
        4, ge=1, le=64
    )  # of several pictures of an item, so many are read; their mean counts
    max_bytes: int = Field(20_000_000, ge=1)  # of a file
    max_pixels: int = Field(50_000_000, ge=1)
    fetch: bool = False  # fetch pictures from the web addresses that the catalogue gives
    timeout: float = Field(10.0, gt=0)  # seconds for one of them, all in all
    max_fetched: int = Field(20_000, ge=1)  # of a catalogue


class WriterConfig(_Strict):
    """How the reply is worded."""

    max_tokens: int = Field(40, ge=8)  # per sentence
    temperature: float = Field(0.5, ge=0)
    top_p: float = Field(0.9, gt=0, le=1)
    # Wordings of a sentence at once; the best that passes the check is taken.
    samples: int = Field(3, ge=1)
    # Once so many have passed the check, the others are not written to their end.
    enough: int = Field(2, ge=1)
    tries: int = Field(2, ge=0)  # rounds of that before the plain sentence; 0: plain sentences alone
    # Of what is on record and has nothing to do with the user, no sentence is made: "Filed under desserts, 8 servings."
    brief: bool = True


class TurnConfig(_Strict):
    """What a reply holds besides the best items."""

    diversity: float = Field(0.5, ge=0)  # logits that an item loses for being like one listed before it
    wishes: float = Field(4.0, ge=0)  # logits that an item gains for what the user has just asked for
    # Logits that an item loses for each time that it was listed and passed over.
    shown: float = Field(1.5, ge=0)
    # Where limits and refusals do not rule out (`soft`): logits lost for each, and gained for each demand met.
    broken: float = Field(1.0, ge=0)
    demanded: float = Field(2.0, ge=0)
    # Logits by release year, for years whose items are named more often now than when it learned.
    years: dict[int, float] = {}
    # Logits for items that people have neither named nor counted, where they have others: new ones. Nothing speaks for
    # them yet, which a ranker that learned from what people named takes for a reason against them.
    new: float = Field(1.0, ge=0)
    # Logits for each standard deviation by which a candidate is more like what was said than others, by source: on a
    # catalogue of which nothing was learned, as one's own is, that says more than a head that learned of movies.
    # `sort`: logits for being of the sort of thing that is asked for by name; `wishes`: as above, where what a field
    # says is surer than what vectors do.
    unlearned: dict[str, float] = {
        **{
            "sought": 3.0,
            "dense": 1.0,
            "bm25": 1.0,
            "described": 1.0,
            "bears": 0.7,
            "match": 0.5,
            "sort": 3.0,
            **_UNLEARNED,
        }
    }
    # How far a clause of an item's texts stands out in likeness to what is said, in standard deviations over the items:
    # from `answers` on it answers it.
    answers: float = Field(4.5, ge=0)
    # How many of the best candidates a cross-encoder reads beside what was said (0: none), and how much it says beside
    # their scores, both in standard deviations.
    reread: int = Field(24, ge=0, le=200)
    matched: float = Field(1.0, ge=0)

    # How many of the best candidates an LLM judges once more (`item_judge`), and how much it says beside their scores,
    # both in standard deviations; 0: it is not asked.
    rejudge: int = Field(10, ge=2, le=200)
    judged: float = Field(0.0, ge=0)
    judge: bool = True  # a learned judge says what pieces of messages mean; without, rules alone do
    questions: bool = True  # ask back, where the answer would say much about what is sought
    # Logits for each standard deviation by which a candidate goes better than others with what the user took before
    # (`generate(history=...)`); 0: that counts for nothing.
    history: float = Field(1.0, ge=0)

    @field_validator("unlearned")
    @classmethod
    def _with_new_ones(cls, given: dict[str, float]) -> dict[str, float]:
        """Checkpoints that were made before these had weights of their own do not name them: as usual then."""
        return {**_UNLEARNED, **given}


class StageConfig(_Strict):
    """One stage of training: which losses, with which weights, for how long."""

    name: str
    losses: dict[str, float]  # names of LOSSES with their weights
    steps: int = Field(ge=1)
    batch_size: int = Field(16, ge=1)  # of all processes together, however many there are
    batch_sizes: dict[str, int] = {}  # per task, where it should differ: {wording: 4}
    lr: float = Field(5e-4, gt=0)
    candidates: int | None = Field(None, ge=1)  # instead of `train.candidates`
    head_lr: float | None = Field(None, gt=0)  # of the ranking head, where it should differ
    warmup: float = Field(0.05, ge=0, le=1)  # share of the steps


class JudgedConfig(_Strict):
    """What an LLM said of the ranker's candidates, and how it counts; see `wherefore.retrieval.judged.Judging`."""

    pools: str  # a file that scripts/judge_negatives.py made
    judge: str | None = None  # whose scores; None: the only one there is
    # A candidate is no negative from so far below what was named on, in standard deviations; null: all are negatives.
    margin: float | None = 0.0
    hard: int = Field(12, ge=0)  # candidates that the judge finds best are in every sample
    temperature: float = Field(1.0, gt=0)  # of its distribution, for the losses `judged_...`


class TrainConfig(_Strict):
    """The run as a whole."""

    stages: tuple[StageConfig, ...] = ()
    grad_accumulation: int = Field(1, ge=1)
    # YAML reads a bare `no` as false.
    mixed_precision: Annotated[
        Literal["no", "bf16", "fp16"], BeforeValidator(lambda given: "no" if given is False else given)
    ] = "no"
    weight_decay: float = Field(0.01, ge=0)
    max_grad_norm: float = Field(1.0, gt=0)
    candidates: int = Field(48, ge=2)  # per dialogue while training the ranker
    splits: tuple[Literal["train", "valid"], ...] = ("train",)  # of the corpora; "valid" too for a final run
    init: str | None = None  # a checkpoint to start from: `starter`, or a folder; {seed} is the seed
    missing: float = Field(
        0.0, ge=0, lt=1
    )  # share of turns that train without each thing catalogues may lack
    cache: str | None = None  # folder for what runs with several seeds share; None: the run's own
    cold: float = Field(0.0, ge=0, lt=1)  # share of candidates taken for items that nobody has named yet
    held_out: float = Field(0.05, ge=0, lt=0.5)  # of the recommending turns, to weigh the LLM's scores by
    share: float = Field(1.0, gt=0, le=1)  # of each corpus' dialogues that are used, evenly spread
    without: str | None = None  # a file of corpus item ids, one a line, that dialogues are to be silent about
    judged: JudgedConfig | None = None
    recommending_turns: int | None = Field(None, ge=1)  # how many to fetch candidates for; None: all
    save_every: int = Field(200, ge=1)  # steps between checkpoints
    log_every: int = Field(10, ge=1)
    by_length: bool = False  # examples of like length share a batch, so that it has little padding
    gradient_checkpointing: bool = False  # compute the LLM's states twice instead of keeping them all
    compile: bool = False  # compile the LLM's body; needs a C++ compiler, on a GPU Triton
    # Steps between measurements of recall@10 on the held-out turns; None: never. The best step's weights are kept.
    validate_every: int | None = Field(None, ge=1)
    # A stage ends after so many measurements in a row without a better one; None: it runs to its end.
    patience: int | None = Field(None, ge=1)
    tracker: Literal["tensorboard", "trackio"] | None = None  # where the log goes besides log.jsonl


class Config(_Strict):
    """Everything. Frozen; unknown keys are refused."""

    seed: int = 0
    catalog: str = "builtin"  # or a file
    catalog_schema: str | None = None  # a YAML file that declares the columns
    embedder: Component = Component(name="minilm")
    store: Component = Component(name="faiss", factory="auto")
    pca: float | int | None = None  # share of variance to keep (0-1) or number of dimensions
    images: ImagesConfig = ImagesConfig()
    retrieval: RetrievalConfig = RetrievalConfig()
    signals: tuple[Component, ...] = ()  # vectors of items besides their text's, for the item encoder
    llm: LLMConfig = LLMConfig()
    item_encoder: Component = Component(name="mlp", soft_tokens=2, hidden=512)
    ranker: RankerConfig = RankerConfig()
    writer: WriterConfig = WriterConfig()
    turn: TurnConfig = TurnConfig()
    item_judge: Component = Component(name="smollm2")  # asked where `turn.judged` is above 0
    corpora: tuple[Component, ...] = ()
    train: TrainConfig = TrainConfig()

    @model_validator(mode="after")
    def _patience_has_something_to_wait_for(self) -> Self:
        if self.train.patience is not None and self.train.validate_every is None:
            raise ValueError(
                "`train.patience` is set, but nothing is measured; set `train.validate_every` too"
            )
        return self

    @model_validator(mode="after")
    def _judged_losses_have_a_judge(self) -> Self:
        asked = sorted(
            {name for stage in self.train.stages for name in stage.losses if name.startswith("judged_")}
        )
        if asked and self.train.judged is None:
            raise ValueError(
                f"loss {', '.join(asked)} needs a judge's scores; set `train.judged.pools` to a file that "
                "scripts/judge_negatives.py made"
            )
        return self

    @model_validator(mode="after")
    def _stage_names_are_unique(self) -> Self:
        names = [stage.name for stage in self.train.stages]
        if len(set(names)) != len(names):
            raise ValueError(f"`train.stages` has two stages of one name: {', '.join(names)}")
        return self

    def adjusted(self, settings: Sequence[str]) -> Self:
        """The config with settings like `writer.tries=0` that hold without new training.

        >>> Config().adjusted(["turn.questions=false"]).turn.questions
        False

        Raises:
            ConfigError: If a setting was fixed by training, is unknown, or its value is not allowed.
        """
        for setting in settings:
            key = setting.partition("=")[0]
            if not any(key == free or key.startswith(f"{free}.") for free in _FREE):
                raise ConfigError(
                    f"{key!r} cannot be set on a trained checkpoint; what can be: "
                    f"{', '.join(sorted(_settable()))}"
                )
        return self.parse(self.model_dump(mode="json"), settings, "settings") if settings else self

    def updated(self, section: str, **values: Any) -> Self:
        """The config with other values in one section.

        >>> Config().updated("turn", questions=False).turn.questions
        False

        Raises:
            ConfigError: If the section or a value's name is unknown, or a value is not allowed.
        """
        part = getattr(self, section, None)
        if not isinstance(part, _Strict):
            raise ConfigError(f"a config has no section {section!r}")
        return self.model_copy(update={section: type(part).model_validate(part.model_dump() | values)})

    @classmethod
    def load(cls, path: str | Path, overrides: Sequence[str] = ()) -> Self:
        """Read a YAML file and apply overrides like `train.save_every=50`.

        A file with `extends: other.yaml` holds what it changes of the other, see `extends.load_tree`; components
        are replaced as a whole. `to_yaml` writes everything.

        Raises:
            ConfigNotFoundError: If there is no such file, or none that it extends.
            ConfigError: If the YAML is broken, a key is unknown or a value is not allowed.
        """
        components = {name for name, field in cls.model_fields.items() if field.annotation is Component}
        tree = load_tree(Path(path), components)
        return cls.parse(tree, overrides, str(path))

    @classmethod
    def parse(cls, tree: Mapping[str, Any], overrides: Sequence[str] = (), origin: str = "config") -> Self:
        """Check a tree of plain values.

        Raises:
            ConfigError: If a key is unknown or a value is not allowed; says which and what is known.
        """
        merged = from_yaml(yaml.dump(dict(tree), Dumper=_QUICK))
        for override in overrides:
            key, equals, text = override.partition("=")
            if not equals or not key:
                raise ConfigError(f"override {override!r} should look like `train.save_every=50`")
            node = merged
            *parents, last = key.split(".")
            for parent in parents:
                node = node.setdefault(parent, {})
                if not isinstance(node, dict):
                    raise ConfigError(f"override {override!r}: `{parent}` holds no keys")
            node[last] = yaml.safe_load(text)
        try:
            return cls.model_validate(merged)
        except ValidationError as error:
            raise ConfigError(_explain(cls, error, origin)) from error

    def to_yaml(self) -> str:
        """The whole resolved tree as YAML."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)


def _settable() -> Iterator[str]:
    """The keys that `Config.adjusted` takes."""
    for free in _FREE:
        section = Config.model_fields[free].annotation if free in Config.model_fields else None
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from (f"{free}.{name}" for name in section.model_fields)
        else:
            yield free


def _explain(model: type[BaseModel], error: ValidationError, origin: str) -> str:
    lines = []
    for problem in error.errors():
        where = ".".join(str(part) for part in problem["loc"]) or "(top)"
        if problem["type"] == "extra_forbidden":
            known = ", ".join(_keys_at(model, problem["loc"][:-1]))
            lines.append(f"`{where}` is not a known key; known there: {known}")
        else:
            lines.append(f"`{where}` is {problem['input']!r}: {problem['msg']}")
    return f"{origin}: " + "; ".join(lines)


def _keys_at(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    for part in path:
        if isinstance(part, int):
            continue
        annotation: Any = model.model_fields[part].annotation if part in model.model_fields else None
        nested = [a for a in (annotation, *getattr(annotation, "__args__", ())) if isinstance(a, type)]
        nested = [a for a in nested if issubclass(a, BaseModel)]
        if not nested:
            break
        model = nested[0]
    return sorted(model.model_fields)
