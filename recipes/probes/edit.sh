#!/bin/sh
# Whether a new fact that a model is told in one language holds in another: in context, or in weights that are put back.
#
#   sh recipes/probes/edit.sh mini runs/edit
#   IN=weights sh recipes/probes/edit.sh mini runs/edit_weights --languages en,de,zh
#   MODEL=google/gemma-3-4b-pt DTYPE=bfloat16 sh recipes/probes/edit.sh mlake@MLaKE runs/mlake --edits 100
#   IN=weights sh recipes/probes/edit.sh mini runs/edit_full --method full --edits 10
#
# A run that was ended goes on when its command is given again. In bfloat16 an answer may flip by what else is in its batch
# alone, which locality would count: float32 where there is room for it.
set -eu
MODEL=${MODEL:-.cache/gemma-3-270m}
FACTS=${1:?usage: edit.sh FACTS OUTPUT [flags of calm edit]}
OUTPUT=${2:?usage: edit.sh FACTS OUTPUT [flags of calm edit]}
shift 2
exec calm edit --model hf-prefix --model_args "pretrained=\"$MODEL\",dtype=${DTYPE:-float32}" --batch_size auto \
  --facts "$FACTS" --in "${IN:-context}" --edits "${EDITS:-20}" --output_path "$OUTPUT" "$@"
