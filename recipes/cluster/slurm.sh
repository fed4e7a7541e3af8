#!/bin/sh
# SLURM: sample in shards on any number of hosts, join them, make pairs, train; each job waits for the one before.
#
#   MODEL=meta-llama/Llama-3.1-8B-Instruct SHARDS=16 sh recipes/cluster/slurm.sh calm_xcsqa_xl_cot runs/llama \
#     --apply_chat_template --gen_kwargs do_sample=True,temperature=0.7 --metadata '{"split": "train", "repeats": 10}'
#
# Run it on the login node, in a folder that all hosts see, with calm-harness installed on all of them. What is the
# site's own, sbatch reads from the environment: SBATCH_ACCOUNT, SBATCH_PARTITION. `calm merge` names what is missing,
# which is then run again, and merged:
#
#   MODEL=... SHARDS=16 sbatch --array=3,7 recipes/cluster/shard.sbatch calm_xcsqa_xl_cot runs/llama (flags as above)
#   sbatch recipes/cluster/pairs.sbatch runs/llama
#
# MODEL_ARGS, ENGINE, TENSOR: see shard.sbatch. TRAIN, PAIRS, GPUS: see pairs.sbatch and train.sbatch.
set -eu
export MODEL="${MODEL:?name a model: MODEL=meta-llama/Llama-3.1-8B-Instruct}"
TASKS=${1:?usage: slurm.sh TASKS OUTPUT [lm-eval flags]}
OUTPUT=${2:?usage: slurm.sh TASKS OUTPUT [lm-eval flags]}
shift 2
export SHARDS="${SHARDS:-16}"
HERE=$(dirname "$0")
mkdir -p "$OUTPUT/logs"
log="$OUTPUT/logs/%x-%A_%a.out"
shards=$(sbatch --parsable --array="1-$SHARDS" --output="$log" "$HERE/shard.sbatch" "$TASKS" "$OUTPUT" "$@")
pairs=$(sbatch --parsable --dependency="afterok:$shards" --output="$OUTPUT/logs/%x-%j.out" "$HERE/pairs.sbatch" "$OUTPUT")
train=$(sbatch --parsable --dependency="afterok:$pairs" --output="$OUTPUT/logs/%x-%j.out" "$HERE/train.sbatch" "$OUTPUT")
echo "jobs: shards $shards, pairs $pairs, training $train; logs in $OUTPUT/logs"
