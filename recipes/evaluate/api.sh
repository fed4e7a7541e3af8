#!/bin/sh
# A server that speaks OpenAI's completions API: vLLM, SGLang, llama.cpp, TGI (pip install 'calm-harness[api]').
#
#   vllm serve google/gemma-3-4b-pt &
#   MODEL=google/gemma-3-4b-pt sh recipes/evaluate/api.sh calm_xcsqa_xl_cloze runs/api
#
# Cloze and lettered tasks need a server that echoes the prompt with log-probabilities (echo and logprobs); _cot tasks
# need only completions. The tokenizer is loaded here, to count the prompt's tokens. lm-eval adds no BOS token unless it
# is told to; a model that was trained with one (Gemma, Llama) needs it: BOS=True is the default here.
set -eu
MODEL=${MODEL:?name the model as the server does: MODEL=google/gemma-3-4b-pt}
URL=${URL:-http://127.0.0.1:8000/v1/completions}
TASKS=${1:?usage: api.sh TASKS OUTPUT [lm-eval flags]}
OUTPUT=${2:?usage: api.sh TASKS OUTPUT [lm-eval flags]}
shift 2
ARGS="model=\"$MODEL\",base_url=$URL,tokenizer=\"${TOKENIZER:-$MODEL}\",tokenizer_backend=huggingface"
exec calm eval --model local-completions --model_args "$ARGS,add_bos_token=${BOS:-True},num_concurrent=${REQUESTS:-4}" \
  --tasks "$TASKS" --output_path "$OUTPUT" --log_samples "$@"
