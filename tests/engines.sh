#!/bin/sh
# Campaigns on real engines: what `jobsim campaign` writes is run by GNU parallel and by a Slurm of one node, which this
# script starts without systemd and stops again; the merged result must have the bytes of the whole. It needs
# `parallel`, and `slurm-wlm` and `munge` of Debian (and to be root); what is missing is named and skipped.
#
# Usage: tests/engines.sh PROGRAM, where PROGRAM is jobsim. Exit status: 0 equal or skipped, 1 not.
set -eu
program=$(readlink -f "${1:?the program}")
work=$(mktemp -d)
mkdir "$work/bin" "$work/slurm"
ln -s "$program" "$work/bin/jobsim"
PATH="$work/bin:$PATH"
export PATH
started=''
clean() {
    # Only what this script has started.
    for id in $started; do kill "$id" 2>/dev/null || true; done
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 1' INT TERM
skip() { printf 'skipped: %s: %s\n' "$1" "$2"; }
fail() {
    printf 'failed: %s\n' "$1" >&2
    exit 1
}

cd "$work"
cat > job.yaml <<'YAML'
apiVersion: batch/v1
kind: Job
metadata: {name: import}
spec:
  completions: 6
  parallelism: 3
  backoffLimit: 4
  template: {spec: {restartPolicy: Never, containers: [{name: main, image: "busybox:1.36"}]}}
YAML
of_campaign() { jobsim campaign "$1" --shards 4 --name "$2" -- run job.yaml --fail 10% --run 'exponential(mean=3m)' -n 400; }
jobsim run job.yaml --fail 10% --run 'exponential(mean=3m)' -n 400 --save whole.json > whole.txt

if command -v parallel >/dev/null; then
    of_campaign parallel by-parallel > by-parallel.sh
    sh -eu by-parallel.sh > by-parallel.txt 2> by-parallel.log || { cat by-parallel.log >&2; fail 'GNU parallel'; }
    cmp whole.json by-parallel.json || fail 'GNU parallel: other bytes'
    echo 'GNU parallel: 4 shards merge to the bytes of the whole'
else
    skip 'GNU parallel' 'the package parallel is not installed'
fi

for tool in munged slurmctld slurmd sbatch; do
    if ! command -v "$tool" >/dev/null; then
        skip Slurm "there is no $tool (packages slurm-wlm and munge)"
        exit 0
    fi
done
if [ "$(id -u)" != 0 ]; then
    skip Slurm 'slurmd needs root'
    exit 0
fi

# A munge of our own: key, socket and log are here, as the user who runs this.
(umask 077; head -c 1024 /dev/urandom > slurm/munge.key)
chmod 755 "$work" slurm
munged --foreground --force --key-file="$work/slurm/munge.key" --socket="$work/slurm/munge.socket" \
    --pid-file="$work/slurm/munged.pid" --log-file="$work/slurm/munged.log" --seed-file="$work/slurm/munged.seed" \
    > slurm/munged.out 2>&1 &
started="$started $!"
host=$(hostname -s)
cat > slurm/slurm.conf <<CONF
ClusterName=campaign
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/slurm/munge.socket
CredType=cred/munge
SlurmctldPort=26817
SlurmdPort=26818
StateSaveLocation=$work/slurm
SlurmdSpoolDir=$work/slurm/spool
SlurmctldPidFile=$work/slurm/slurmctld.pid
SlurmdPidFile=$work/slurm/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
MpiDefault=none
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP OverSubscribe=YES
CONF
SLURM_CONF="$work/slurm/slurm.conf"
export SLURM_CONF
slurmctld -D -i > slurm/slurmctld.out 2>&1 &
started="$started $!"
slurmd -D -N "$host" > slurm/slurmd.out 2>&1 &
started="$started $!"
logs() { tail -n 20 slurm/*.out slurm/munged.log by-slurm*.log 2>/dev/null >&2 || true; }
n=0
until sinfo -h -o %T 2>/dev/null | grep -q idle; do
    n=$((n + 1))
    if [ "$n" -ge 60 ]; then
        logs
        fail 'Slurm: the node is not idle after a minute'
    fi
    sleep 1
done

of_campaign slurm by-slurm > by-slurm.sh
# What the script itself says how it is submitted.
sed -n 's/^# \$ //p' by-slurm.sh > submit.sh
sh -eu submit.sh > submit.out || { logs; fail 'Slurm: it cannot be submitted'; }
n=0
until [ -s by-slurm.json ]; do
    n=$((n + 1))
    if [ "$n" -ge 120 ]; then
        squeue >&2 || true
        logs
        fail 'Slurm: no result after two minutes'
    fi
    sleep 1
done
cmp whole.json by-slurm.json || fail 'Slurm: other bytes'
grep -q 'SLURM_ARRAY_TASK_COUNT 4' by-slurm-3.log || fail 'Slurm: the log does not say what was read'
echo "Slurm $(sbatch --version | cut -d' ' -f2): an array of 4 merges to the bytes of the whole"
