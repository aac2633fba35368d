"""Parts that were simulated elsewhere merge to the bytes of one process: by hand, with Dask, with Ray."""

import random

import pytest

import jobsim

FLAGS = {"fail": 0.2, "run": "5m", "replications": 70}


@pytest.mark.parametrize("of", [1, 2, 3, 7, 64])
def test_parts_merge_to_the_same_bytes(job, of):
    parts = [jobsim.run(job, **FLAGS, shard=(n, of)) for n in range(1, of + 1)]
    random.Random(of).shuffle(parts)
    assert jobsim.Result.merge(parts) == jobsim.run(job, **FLAGS)


def test_designs_have_parts_too(job):
    def swept(**shard):
        return jobsim.sweep(job, {"spec.backoffLimit": [0, 2]}, fail=0.3, replications=20, **shard)

    def compared(**shard):
        return jobsim.compare(job, {"spec.backoffLimit": 0}, fail=0.3, replications=20, **shard)

    for simulate in (swept, compared):
        assert jobsim.Result.merge(simulate(shard=(n, 3)) for n in (2, 3, 1)) == simulate()


def test_missing_parts_are_named(job):
    parts = [jobsim.run(job, **FLAGS, shard=(n, 3)) for n in (1, 3)]
    with pytest.raises(jobsim.JobsimError, match="missing"):
        jobsim.Result.merge(parts)
    assert jobsim.Result.merge(parts, partial=True).partial
    with pytest.raises(jobsim.JobsimError, match="once"):
        jobsim.Result.merge([parts[0], parts[0]])


def test_dask_simulates_parts(job):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client:
            parts = client.map(lambda n: jobsim.run(job, **FLAGS, shard=(n, 4)), range(1, 5))
            assert jobsim.Result.merge(client.gather(parts)) == jobsim.run(job, **FLAGS)


def test_ray_simulates_parts(job):
    ray = pytest.importorskip("ray")
    try:
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    except Exception as error:  # noqa: BLE001: it does not start on every machine
        pytest.skip(f"Ray does not start here: {error}")
    try:
        simulate = ray.remote(lambda n: jobsim.run(job, **FLAGS, shard=(n, 4)))
        parts = ray.get([simulate.remote(n) for n in range(1, 5)])
        assert jobsim.Result.merge(parts) == jobsim.run(job, **FLAGS)
    finally:
        ray.shutdown()
