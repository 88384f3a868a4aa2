#!/usr/bin/env bash
# Teach SmolLM2-135M-Instruct to write on a machine with a GPU, as of scripts/train_writer.py, whose words are given:
#
#   python scripts/gpu/pack.py --smollm2                                   here
#   OUT=results-folder scripts/gpu/writer.sh --epochs 3 --rank 32            there, in a copy with all pieces
#
# What comes back in $OUT/writer: writer.safetensors, writer.json, and what it writes (table.txt). Run again, it goes on
# from what it has learned.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/gpu/unpack.sh
mkdir -p "$OUT/writer"
START=()
[ -e "$OUT/writer/writer.safetensors" ] && START=(--start "$OUT/writer/writer.safetensors")
python3 scripts/train_writer.py --out "$OUT/writer" "${START[@]}" "$@" 2>"$OUT/writer/progress.log" | tee "$OUT/writer/table.txt"
