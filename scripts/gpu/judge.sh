#!/usr/bin/env bash
# Train judges of spans on a machine with a GPU, as of scripts/train_judge.py, whose words are given:
#
#   python scripts/gpu/pack.py --smollm2                                        here
#   OUT=results-folder scripts/gpu/judge.sh --judges minilm minilm:32 smollm2:32   there, in a copy with all pieces
#
# What comes back in $OUT/judge: a table, results.json, and what each judge has learned.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/gpu/unpack.sh
mkdir -p "$OUT/judge"
python3 scripts/train_judge.py --out "$OUT/judge" "$@" 2>"$OUT/judge/progress.log" | tee "$OUT/judge/table.txt"
