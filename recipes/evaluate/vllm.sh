#!/bin/sh
# vLLM: the engine for sampling, and for models that need several GPUs (pip install 'lm-eval[vllm]').
#
#   MODEL=Qwen/Qwen3-8B TENSOR=2 DATA=4 sh recipes/evaluate/vllm.sh calm_xcsqa_xl_cot runs/qwen
#
# TENSOR GPUs hold one copy of the model, DATA copies share the questions. (For these lm-eval has Ray load all copies for
# every call, and nothing is written before all is there; shards of a run, recipes/cluster, are the better way.)
# The model is vllm-prefix: lm-eval's vllm with one request for the letters of a question, and a prompt's cache read for
# its options. lm-eval's own asks for the whole prompt's log-probabilities with every option, which vLLM answers without
# its prefix cache.
set -eu
MODEL=${MODEL:?name a model: MODEL=Qwen/Qwen3-8B}
TASKS=${1:?usage: vllm.sh TASKS OUTPUT [lm-eval flags]}
OUTPUT=${2:?usage: vllm.sh TASKS OUTPUT [lm-eval flags]}
shift 2
ARGS="pretrained=\"$MODEL\",dtype=${DTYPE:-bfloat16},tensor_parallel_size=${TENSOR:-1},data_parallel_size=${DATA:-1}"
exec calm eval --model vllm-prefix --model_args "$ARGS,gpu_memory_utilization=0.9" \
  --batch_size auto --tasks "$TASKS" --output_path "$OUTPUT" --log_samples "$@"
