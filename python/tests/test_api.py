"""Every function once, with what it must give."""

import pickle
import subprocess
import sys
from datetime import timedelta

import pytest

import jobsim

FLAGS = {"fail": 0.2, "run": "5m", "replications": 60}


def test_a_run_has_its_answer_in_words_and_numbers(job):
    result = jobsim.run(job, **FLAGS, expect="P(Complete) >= 50%", show="p95(duration)")
    complete = result.measure("P(Complete)")
    assert complete.low < complete.value < complete.high and complete.unit == "probability"
    assert result.measure("p95(duration)").value > 600
    assert result.holds and result.goals[0]["goal"] == "P(Complete) >= 50%"
    assert result.replications == 60 and result.seed == 1 and not result.partial
    assert result.summary["all"]["job"] == "import" and "Complete in" in str(result)
    with pytest.raises(KeyError, match="show="):
        result.measure("nothing")


def test_manifests_are_dicts_paths_and_texts(job, tmp_path):
    import json

    text = json.dumps(job)
    path = tmp_path / "job.yaml"
    path.write_text(text)
    results = [jobsim.run(one, **FLAGS) for one in (job, text, path, str(path))]
    assert all(result.points == results[0].points for result in results)
    with pytest.raises(TypeError, match="a manifest is"):
        jobsim.run(3)
    both = jobsim.run([job, {**job, "metadata": {"name": "other"}}], replications=2)
    assert len(both.records) == 2 and len(both.records_by_job) == 4


def test_times_are_numbers_texts_and_timedeltas(job):
    runs = [jobsim.run(job, run=run).records.to_pylist()[0] for run in (90, 90.0, "90s", timedelta(minutes=1.5))]
    assert all(record == runs[0] for record in runs) and runs[0]["duration"] > 180


def test_settings_are_fields(job):
    assert jobsim.run(job, set={"spec.completions": 1}).records.to_pylist()[0]["podsCreated"] == 1


def test_records_are_arrow(job):
    import pandas
    import pyarrow

    result = jobsim.run(job, **FLAGS)
    table = pyarrow.table(result)
    assert table.num_rows == 60 and table.column_names[:5] == ["replication", "job", "end", "reason", "cut"]
    frame = pandas.DataFrame.from_arrow(result.records) if hasattr(pandas.DataFrame, "from_arrow") else table.to_pandas()
    mean = frame["duration"].mean()
    assert mean == pytest.approx(result.measure("duration").value)


def test_other_libraries_read_records_too(job):
    polars = pytest.importorskip("polars")
    result = jobsim.run(job, **FLAGS)
    assert polars.DataFrame(result).filter(polars.col("end") == "Complete").height > 30


def test_a_sweep_has_a_row_for_each_replication_of_each_point(job):
    result = jobsim.sweep(job, {"spec.backoffLimit": "0..2", "spec.parallelism": [1, 5]}, fail=0.3, replications=20)
    rows = result.records.to_pylist()
    assert len(rows) == 120 and {row["spec.parallelism"] for row in rows} == {"1", "5"}
    assert [point["settings"][0]["path"] for point in result.points] == ["spec.backoffLimit"] * 6
    with pytest.raises(ValueError, match="6 points"):
        result.summary


def test_a_comparison_has_verdicts(job):
    result = jobsim.compare(job, {"spec.parallelism": 5}, replications=20)
    assert any("better" in sentence.lower() for sentence in result.comparisons[0]["verdict"])
    other = jobsim.compare(job, {**job, "spec": {**job["spec"], "parallelism": 5}}, replications=20)
    assert [p["summary"]["all"] for p in other.points] == [p["summary"]["all"] for p in result.points]


def test_explain_and_validate_speak(job):
    explained = jobsim.explain(job, run="30s")
    assert explained.jobs[0]["end"] and "backoffLimit" in str(explained)
    assert jobsim.validate(job)
    refused = jobsim.validate({**job, "spec": {**job["spec"], "parallelism": -1}})
    assert not refused and any("parallelism" in finding["field"] for finding in refused.findings)


def test_what_is_wrong_has_its_place(job):
    wrong = {**job, "spec": {**job["spec"], "tempalte": {}}}
    with pytest.raises(jobsim.InputError) as caught:
        jobsim.run(wrong)
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.file, error.field) == ("manifest.yaml", "spec.tempalte") and error.line > 1
    assert error.problems[0].suggestion == "template"
    with pytest.raises(jobsim.JobsimError, match="unexpected argument '--nothing'"):
        jobsim.run(job, nothing=3)
    with pytest.raises(jobsim.InputError, match="No such file"):
        jobsim.run("missing.yaml")


def test_a_result_is_what_is_saved(job, tmp_path):
    result = jobsim.run(job, **FLAGS)
    again = pickle.loads(pickle.dumps(result))
    assert again == result and str(again) == str(result)
    for name in ("r.json", "r.json.gz"):
        result.save(tmp_path / name)
        assert jobsim.Result.load(tmp_path / name) == result
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.json", "r.json.gz"]


def test_the_command_comes_with_the_package_and_saves_the_same(job, tmp_path):
    import json

    (tmp_path / "manifest.yaml").write_text(json.dumps(job, indent=2) + "\n")
    words = ["jobsim", "run", "manifest.yaml", "--fail=0.2", "--run=5m", "--replications=60", "--save", "r.json"]
    subprocess.run([sys.executable, "-m", *words], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    saved = jobsim.Result.load(tmp_path / "r.json")
    assert saved.points == jobsim.run(job, **FLAGS).points


def test_pictures_and_pages_show_themselves(job):
    result = jobsim.run(job, **FLAGS)
    assert "ecdf" in result.kinds
    picture = result.plot("ecdf", width=400)
    assert picture._repr_svg_().startswith("<svg") and "Complete" in picture.text
    html = result._repr_html_()
    assert html.startswith("<iframe") and "srcdoc=" in html and "<script" not in html
    with pytest.raises(ValueError, match="no kind of picture"):
        result.plot("nothing")


def test_an_interruption_ends_a_long_run(tmp_path):
    code = """
import _thread, threading, time, jobsim
job = '{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": {"completions": 100, "template": ' \
      '{"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}'
threading.Timer(0.5, _thread.interrupt_main).start()
begun = time.time()
try:
    jobsim.run(job, fail=0.1, replications=900_000)
except KeyboardInterrupt:
    print("interrupted", time.time() - begun < 30)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "interrupted True\n", done.stderr
