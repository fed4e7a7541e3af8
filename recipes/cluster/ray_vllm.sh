#!/bin/sh
# vLLM over several hosts of a Ray cluster: one copy of a model that is too big for the GPUs of one host.
#
#   ray start --head                         on the first host; ray start --address=FIRST:6379 on the others
#   MODEL=meta-llama/Llama-3.1-405B-Instruct TENSOR=8 PIPELINE=2 \
#     sh recipes/cluster/ray_vllm.sh calm_xcsqa_xl_cot runs/llama --apply_chat_template
#
# Layers are spread over PIPELINE hosts, and each layer over the TENSOR GPUs of a host. Where a model fits one host,
# shards (ray_shards.py) cost less: hosts then have nothing to tell each other.
set -eu
MODEL=${MODEL:?name a model: MODEL=meta-llama/Llama-3.1-405B-Instruct}
TASKS=${1:?usage: ray_vllm.sh TASKS OUTPUT [lm-eval flags]}
OUTPUT=${2:?usage: ray_vllm.sh TASKS OUTPUT [lm-eval flags]}
shift 2
ARGS="pretrained=\"$MODEL\",dtype=${DTYPE:-bfloat16},tensor_parallel_size=${TENSOR:-8},pipeline_parallel_size=${PIPELINE:-2}"
exec calm eval --model vllm-prefix --model_args "$ARGS,distributed_executor_backend=ray,gpu_memory_utilization=0.9" \
  --batch_size auto --tasks "$TASKS" --output_path "$OUTPUT" --log_samples "$@"
