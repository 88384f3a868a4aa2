#!/usr/bin/env bash
# Train the starter on a machine with a GPU that has torch, transformers and peft, and may have no network.
#
#   python scripts/gpu/pack.py --also runs/plots.safetensors      here: writes runs/gpu/piece-1, piece-2, ...
#   (with what is kept of a run, if it was prepared here: --also runs/made runs/requests runs/starter/index \
#   runs/starter/sources runs/starter/signals runs/starter/candidates-*.safetensors runs/starter/requests.safetensors)
#   OUT=results-folder scripts/gpu/starter.sh                      there, in a copy of the checkout with all pieces
#
# First the encoder of requests learns with several settings (SETTINGS, as of scripts/tune_encoder.py), and the best one
# is kept; then scripts/make_starter.py takes the words that are given (--short, train.save_every=50, --config FILE).
# What comes back in $OUT: starter.tar (the checkpoint without its index), index.tar, log.jsonl, loss.png, encoder.txt.
# Run again on the same machine, it goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/../.."
OUT=${OUT:-runs/gpu/out}
RUN=${RUN:-runs/starter}
SETTINGS=${SETTINGS:-8:5e-4:16:0.05}
. scripts/gpu/unpack.sh
FAST="embedder.device=auto embedder.batch_tokens=32768"
[ -e runs/plots.safetensors ] && FAST="$FAST retrieval.passages.vectors=runs/plots.safetensors"
date
if [ ! -e "$RUN/requests.safetensors" ]; then
  python3 scripts/tune_encoder.py $FAST --kept "$RUN" --out "$RUN/requests.safetensors" --settings $SETTINGS | tee "$OUT/encoder.txt"
fi
cp "$RUN/requests.safetensors" "$OUT/"
date
python3 scripts/make_starter.py --out "$RUN" "$@" $FAST 2>&1 | tr '\r' '\n' | grep -v "min left$"
date
tar -C src/wherefore/assets --exclude=starter/index -cf "$OUT/starter.tar" starter
tar -C src/wherefore/assets/starter -cf "$OUT/index.tar" index
find "$RUN" -maxdepth 2 \( -name log.jsonl -o -name loss.png \) -exec cp {} "$OUT/" \;
ls -la "$OUT"
