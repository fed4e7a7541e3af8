#!/bin/sh
# What it costs a model that a question and its options are in different languages: every kind of mix beside none.
#
#   sh recipes/probes/mix.sh calm_mini_xl_cloze runs/mix
#   MODEL=google/gemma-3-4b-it sh recipes/probes/mix.sh calm_xcsqa_xl runs/xcsqa_mix --apply_chat_template
#   MIX=gold,one_wrong sh recipes/probes/mix.sh calm_mini_xl_cloze runs/german --mix_with de --metadata '{"languages": "en,de,fr"}'
#
# Letters are for instruction-tuned and large models, _cloze (by pmi) for base and small ones. Runs that are done are kept.
set -eu
MODEL=${MODEL:-.cache/gemma-3-270m}
TASKS=${1:?usage: mix.sh TASKS OUTPUT [flags of calm grid and lm-eval]}
OUTPUT=${2:?usage: mix.sh TASKS OUTPUT [flags of calm grid and lm-eval]}
shift 2
exec calm grid --model hf-prefix --model_args "pretrained=\"$MODEL\",dtype=${DTYPE:-bfloat16}" --batch_size auto \
  --tasks "$TASKS" --mix "${MIX:-question,options,gold,gold_question,one_wrong,all_wrong,mixup}" --output_path "$OUTPUT" "$@"
