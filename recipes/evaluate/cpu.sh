#!/bin/sh
# One machine without a GPU, several processes: each takes its share of the rows, rank 0 writes the results.
#
#   sh recipes/evaluate/cpu.sh calm_mini_xl_cloze runs/cpu
#   MODEL=google/gemma-3-1b-pt PROCESSES=4 sh recipes/evaluate/cpu.sh calm_xcsqa_xl_cloze runs/xcsqa --limit 60
#
# hf-prefix takes rank and world size from torchrun (gloo). lm-eval's own `hf` shards over GPUs only: every process would
# do all the work. Cores are divided between the processes; more processes than memory channels gain nothing.
set -eu
MODEL=${MODEL:-.cache/gemma-3-270m}
PROCESSES=${PROCESSES:-2}
TASKS=${1:?usage: cpu.sh TASKS OUTPUT [lm-eval flags]}
OUTPUT=${2:?usage: cpu.sh TASKS OUTPUT [lm-eval flags]}
shift 2
CORES=$(python -c 'from calm_harness.runtime import processors; print(processors())')
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-$((CORES / PROCESSES > 0 ? CORES / PROCESSES : 1))}"
exec torchrun --standalone --nproc-per-node "$PROCESSES" -m calm_harness eval \
  --model hf-prefix --model_args "pretrained=\"$MODEL\",dtype=${DTYPE:-float32}" --device cpu --batch_size auto \
  --tasks "$TASKS" --output_path "$OUTPUT" --log_samples "$@"
