#!/bin/bash
# Workers of the engine's Dask scheduler as an array of batch jobs, each of one card:
#
#     sbatch --array=1-10 deploy/slurm/workers.sh tls://10.0.0.1:8786
#
# Without GPUs, take --gres out. A worker that finds no scheduler for ten minutes ends.
#SBATCH --job-name=ntk_uq
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=16G
#SBATCH --gres=gpu:1
#SBATCH --time=08:00:00
set -eu

scheduler=${1:?"the address that the Dask scheduler tells, such as tls://10.0.0.1:8786"}
program=${NTK_UQ_HOME:-$HOME/ntk_uq}

export PYTHONPATH=$program
export NTK_UQ_CACHE=${NTK_UQ_CACHE:-${TMPDIR:-/tmp}/ntk_uq-$USER}
export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-4}
export OPENBLAS_NUM_THREADS=$OMP_NUM_THREADS OPENBLAS_THREAD_TIMEOUT=18

# A little less than SLURM gives: Dask starts a worker anew, SLURM ends the job.
exec "$program/.venv/bin/dask" worker "$scheduler" \
  --nthreads 1 --memory-limit 15GiB --death-timeout 600
