#!/bin/sh
# Everything that is worth knowing of a GPU, in under ten minutes on a bare machine that has torch and transformers.
#
#   sh benchmarks/gpu.sh FOLDER [MODEL]
#
# Results go to FOLDER, a file each. What is missing of Python packages is taken from wheels in .whl, where that is.
set -u
OUTPUT=${1:?usage: gpu.sh FOLDER [MODEL]}
MODEL=${2:-.cache/gemma-3-270m}
mkdir -p "$OUTPUT"
export TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1

measure() { # name, seconds it may take, module and flags
  name=$1 limit=$2
  shift 2
  echo "== $name"
  timeout "$limit" python3 -m "$@" >"$OUTPUT/$name.txt" 2>"$OUTPUT/$name.log" || tail -5 "$OUTPUT/$name.log"
  cat "$OUTPUT/$name.txt"
}

measure scoring-bfloat16 150 benchmarks.scoring --device cuda --model "$MODEL" --dtype bfloat16 --questions 40 \
  --hf-batch-sizes 16 64 auto --repeats 3
measure training 100 benchmarks.training --model "$MODEL" --set xcsqa --pairs 32
measure attention 100 benchmarks.attention
measure sampling 90 benchmarks.sampling --device cuda --model "$MODEL" --dtype bfloat16 --samples 4 16 --prompts 8 --tokens 32
measure scoring-float32 100 benchmarks.scoring --device cuda --model "$MODEL" --dtype float32 --questions 20 \
  --hf-batch-sizes 64 --repeats 2
