"""Runs DAGs with `dag.test()` and reports how their tasks ended; Airflow's Python runs this file.

Usage: run_dag.py REPORT RUNS. RUNS is JSON, `[[dag_id, conf], ...]`, with conf as the form would
send it. The script writes `{dag_id: {"state": ..., "tasks": {task: [state, tries]}, "reasons":
{task: text}}}` to the file REPORT.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "airflow_dags"))

import reconciliation
from airflow.models.xcom import XComModel
from airflow.sdk import DAG
from airflow.utils.session import create_session


def run_dag(dag_id: str, conf: dict[str, object]) -> dict[str, object]:
    """Runs one DAG in this process, one task after the other, with no delay before a retry."""
    dag = getattr(reconciliation, dag_id)
    dag = dag if isinstance(dag, DAG) else dag()
    for task in dag.tasks:
        task.retry_delay = timedelta(0)
    run = dag.test(run_conf=conf)
    with create_session() as session:
        found = session.query(XComModel).filter_by(dag_id=dag_id, key="reason")
        reasons = {row.task_id: str(row.value).strip('"') for row in found}
    tasks = {task.task_id: [str(task.state), task.try_number] for task in run.get_task_instances()}
    return {"state": str(run.state), "tasks": tasks, "reasons": reasons}


def main(report: str, runs: str) -> None:
    """Runs the DAGs one after the other."""
    ended = {dag_id: run_dag(dag_id, conf) for dag_id, conf in json.loads(runs)}
    Path(report).write_text(json.dumps(ended))


if __name__ == "__main__":
    main(*sys.argv[1:])
