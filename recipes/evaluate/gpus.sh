#!/bin/sh
# Several GPUs, or several hosts: one process a GPU, each takes its share of the rows.
#
#   MODEL=google/gemma-3-4b-pt sh recipes/evaluate/gpus.sh calm_medqa_xl,calm_xcsqa_xl_cloze runs/gemma-4b
#
# Several hosts: run it on each with accelerate's own flags before the tasks' command, for instance
#   ACCELERATE="--num_machines 2 --machine_rank 0 --main_process_ip 10.0.0.1 --main_process_port 29500 --num_processes 16"
# A model too big for one GPU: parallelize=True (layers spread over GPUs) in one process, without accelerate.
set -eu
MODEL=${MODEL:?name a model: MODEL=google/gemma-3-4b-pt}
TASKS=${1:?usage: gpus.sh TASKS OUTPUT [lm-eval flags]}
OUTPUT=${2:?usage: gpus.sh TASKS OUTPUT [lm-eval flags]}
shift 2
# shellcheck disable=SC2086  (several words)
exec accelerate launch ${ACCELERATE:---multi_gpu} -m calm_harness eval \
  --model hf-prefix --model_args "pretrained=\"$MODEL\",dtype=${DTYPE:-bfloat16}" --batch_size auto \
  --tasks "$TASKS" --output_path "$OUTPUT" --log_samples "$@"
