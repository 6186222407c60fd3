#!/bin/sh
# The GPUs of this machine, as spark.executor.resource.gpu.discoveryScript wants them: {"name": "gpu", "addresses": ["0"]}
set -eu
addresses=$(nvidia-smi --query-gpu=index --format=csv,noheader | sed 's/.*/"&"/' | paste -sd, -)
echo "{\"name\": \"gpu\", \"addresses\": [$addresses]}"
