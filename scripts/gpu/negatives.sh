#!/usr/bin/env bash
# Let a larger LLM judge likely wrong items on a machine with a GPU, and train towers with what it says, as
# scripts/judge_negatives.py does:
#
#   python scripts/gpu/pack.py --smollm2 --also runs/redial/items.parquet                    here
#   OUT=results-folder JUDGE="{name: llm, path: /models/Qwen3-8B}" scripts/gpu/negatives.sh   there, in a copy with all pieces
#
# JUDGE (default: SmolLM2-135M-Instruct on the GPU; or `{name: server, url: ..., model: ...}`), BY (the beginning of its
# name), TURNS that are judged, POOL, EPOCHS, SEEDS, and what further words say, such as `train.share=0.1 --valid 100`. The
# LLM is read on the GPU; towers are small and train on the CPU. What comes back in $OUT/negatives: figures, the judged
# pools, and logs. Run again on the same machine, it goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/gpu/unpack.sh
mkdir -p "$OUT/negatives"
if [ -z "${JUDGE:-}" ]; then
  FOLDER=$(python3 -c "from wherefore.lm.packaged import packaged_smollm2_dir; print(packaged_smollm2_dir())")
  JUDGE="{name: llm, path: $FOLDER}"
  BY=${BY:-$(basename "$FOLDER")}
fi
: "${BY:?give how the name of the judge begins}"
stage() {
  python3 scripts/judge_negatives.py "$1" configs/redial.yaml embedder.device=auto --kept runs/gpu-negatives \
    --turns "${TURNS:-20000}" --pool "${POOL:-24}" --epochs "${EPOCHS:-5}" --seeds "${SEEDS:-3}" "${@:2}" \
    2>>"$OUT/negatives/progress.log"
}
stage pool "$@"
stage score "$@" --judge "$JUDGE" | tee "$OUT/negatives/judged.txt"
cp runs/gpu-negatives/*.sqlite "$OUT/negatives/"
stage train "$@" --by "$BY"
stage measure "$@" --by "$BY" --out "$OUT/negatives/negatives.json" | tee "$OUT/negatives/figures.txt"
