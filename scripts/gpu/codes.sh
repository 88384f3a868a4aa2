#!/usr/bin/env bash
# Train the source that writes items' codes on a machine with a GPU, with a larger LLM or for longer than a CPU allows,
# and measure it as scripts/sources.py does, whose further words are given:
#
#   python scripts/gpu/pack.py --smollm2 --also runs/redial/items.parquet       here
#   OUT=results-folder LLM=smollm2 LORA=32 scripts/gpu/codes.sh --seeds 5         there, in a copy with all pieces
#
# LLM (minilm, smollm2, or a folder), LORA (rank; null: all weights learn), LAYERS (null: all), EPOCHS, and SETTINGS for
# more of the source's arguments ("levels: 3, codes: 128"). What comes back in $OUT/codes: sources.json, what the source
# has learned, and its log. Run again on the same machine, it goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/gpu/unpack.sh
LLM=${LLM:-minilm}
[ "$LLM" = smollm2 ] && LLM=$(python3 -c "from wherefore.lm.packaged import packaged_smollm2_dir; print(packaged_smollm2_dir())")
SOURCE="{name: codes, k: 300, llm: $LLM, lora: ${LORA:-null}, layers: ${LAYERS:-null}, epochs: ${EPOCHS:-8}, device: auto"
SOURCE="$SOURCE, kept: runs/gpu-codes${SETTINGS:+, $SETTINGS}}"
mkdir -p "$OUT/codes"
python3 scripts/sources.py configs/redial.yaml embedder.device=auto embedder.batch_tokens=32768 --source "$SOURCE" \
  --kept runs/gpu-codes --out "$OUT/codes/sources.json" "$@" 2>"$OUT/codes/progress.log" | tee "$OUT/codes/table.txt"
for folder in runs/gpu-codes/codes-*-*; do cp -r "$folder" "$OUT/codes/"; done
