# Sourced by the others, in a copy of the checkout that holds all pieces: unpacks them once, and sets PYTHONPATH.
PACK=${PACK:-/tmp/wherefore-pack}
OUT=${OUT:-runs/gpu/out}
mkdir -p "$OUT" "$PACK"
exec 9>"$PACK/.lock"
flock 9
if [ ! -e "$PACK/.done" ]; then
  cat $(ls -v runs/gpu/piece-*/*.part) | tar -xJ -C "$PACK"
  python3 -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --upgrade \
    --target "$PACK/site" "$PACK"/wheels/*.whl
  if [ -d "$PACK/main" ]; then cp -r "$PACK/main/." .; fi
  mkdir -p ../shared && { [ -e ../shared/data ] || ln -s "$PACK/shared/data" ../shared/data; }
  touch "$PACK/.done"
fi
flock -u 9
export PYTHONPATH="$PWD/src:$PACK/site${PYTHONPATH:+:$PYTHONPATH}" TOKENIZERS_PARALLELISM=false PYTHONUNBUFFERED=1
python3 -c "import torch, transformers; print(torch.__version__, transformers.__version__, torch.cuda.is_available())"
