#!/bin/sh
# MEDQA with passages from medical textbooks: MedRAG/textbooks of the Hub (English; columns id, title, content).
#
#   MODEL=google/gemma-3-4b-it sh recipes/retrieval/textbooks.sh runs/textbooks runs/medqa
#
# The passages are in English whatever the question's language, so passage_language is `en`: the encoder is multilingual.
set -eu
MODEL=${MODEL:?name a model: MODEL=google/gemma-3-4b-it}
INDEX=${1:?usage: textbooks.sh INDEX OUTPUT [lm-eval flags]}
OUTPUT=${2:?usage: textbooks.sh INDEX OUTPUT [lm-eval flags]}
shift 2
CORPUS=${CORPUS:-MedRAG/textbooks}
[ -d "$INDEX" ] || python -m retrieval.build --corpus "$CORPUS" --language en --index "$INDEX" ${ENCODER:+--encoder "$ENCODER"}
calm data leaks medqa --index "$INDEX"
exec calm grid --model hf-prefix --model_args "pretrained=\"$MODEL\",dtype=${DTYPE:-bfloat16}" --batch_size auto \
  --tasks "${TASK:-calm_medqa_xl_rag}" --index "$INDEX" --passage_languages none,en --output_path "$OUTPUT" "$@"
