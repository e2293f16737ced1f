#!/usr/bin/env bash
# Submits an evaluation in shards, and a job that merges them when all are finished:
#
#   ./submit.sh <number of shards> <folder of results> <arguments of gdws evaluate>
#
# SBATCH_OPTIONS has options of sbatch for the shards, as '--partition=cpu --cpus-per-task=8'. After failures, the same command again
# runs what is not finished.
set -euo pipefail

export SHARDS=$1
results=$2
shift 2
here=$(dirname "$(readlink -f "$0")")
read -ra options <<<"${SBATCH_OPTIONS:-}"
evaluation=$(sbatch --parsable --export=ALL --array="1-$SHARDS" "${options[@]}" "$here/evaluate.sbatch" "$results" "$@")
merge=$(sbatch --parsable --export=ALL --dependency="afterok:$evaluation" --kill-on-invalid-dep=yes \
  "$here/merge.sbatch" "$results")
echo "evaluation: job $evaluation, merge: job $merge; the result will be $results/whole.json"
