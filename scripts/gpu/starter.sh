#!/usr/bin/env bash
# Train the starter on a machine with a GPU that has torch, transformers and peft, and may have no network.
#
#   python scripts/gpu/pack.py                     here: writes runs/gpu/piece-1, piece-2, ...
#   OUT=results-folder scripts/gpu/starter.sh      there, in a copy of the checkout with all pieces
#
# More words are passed on to scripts/make_starter.py (--short, train.save_every=50, --config FILE). What comes back in
# $OUT: starter.tar (the checkpoint), log.jsonl, loss.png. Run again on the same machine, it goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/../.."
OUT=${OUT:-runs/gpu/out}
PACK=${PACK:-/tmp/wherefore-pack}
mkdir -p "$OUT" "$PACK"
if [ ! -e "$PACK/.done" ]; then
  cat $(ls -v runs/gpu/piece-*/*.part) | tar -x -C "$PACK"
  python3 -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --upgrade \
    --target "$PACK/site" "$PACK"/wheels/*.whl
  [ -d "$PACK/main" ] && cp -r "$PACK/main/." .
  mkdir -p ../shared && [ -e ../shared/data ] || ln -s "$PACK/shared/data" ../shared/data
  touch "$PACK/.done"
fi
export PYTHONPATH="$PWD/src:$PACK/site${PYTHONPATH:+:$PYTHONPATH}" TOKENIZERS_PARALLELISM=false PYTHONUNBUFFERED=1
python3 -c "import torch, transformers; print(torch.__version__, transformers.__version__, torch.cuda.is_available())"
RUN=${RUN:-runs/starter}
time python3 scripts/make_starter.py --out "$RUN" "$@"
tar -C src/wherefore/assets -cf "$OUT/starter.tar" starter
find "$RUN" -maxdepth 2 \( -name log.jsonl -o -name loss.png \) -exec cp {} "$OUT/" \;
ls -la "$OUT"
