#!/bin/sh
# X-CSQA with passages from Wikipedia in the questions' languages: wikimedia/wikipedia of the Hub (columns id, title, text).
#
#   MODEL=google/gemma-3-4b-pt sh recipes/retrieval/wikipedia.sh runs/wikipedia runs/xcsqa
#   LANGUAGES="en sw" sh recipes/retrieval/wikipedia.sh runs/wikipedia runs/xcsqa --metadata '{"languages": "en,sw", "source": "INK-USC/xcsr"}'
#
# A configuration is a date and a language. The whole of a large Wikipedia is tens of millions of passages: encode those on
# a GPU. What was built is kept, and a build that was cut off goes on where it stopped.
set -eu
MODEL=${MODEL:?name a model: MODEL=google/gemma-3-4b-pt}
INDEX=${1:?usage: wikipedia.sh INDEX OUTPUT [lm-eval flags]}
OUTPUT=${2:?usage: wikipedia.sh INDEX OUTPUT [lm-eval flags]}
shift 2
CORPORA=
for LANGUAGE in ${LANGUAGES:-en zh fr de it ja}; do
  CORPORA="$CORPORA ${CORPUS:-wikimedia/wikipedia}:${DATE:-20231101}.$LANGUAGE"
done
# shellcheck disable=SC2086  (several words)
[ -d "$INDEX" ] || python -m retrieval.build --corpus $CORPORA --index "$INDEX" ${ENCODER:+--encoder "$ENCODER"}
exec calm grid --model hf-prefix --model_args "pretrained=\"$MODEL\",dtype=${DTYPE:-bfloat16}" --batch_size auto \
  --tasks "${TASK:-calm_xcsqa_xl_cloze_rag}" --index "$INDEX" --output_path "$OUTPUT" "$@"
