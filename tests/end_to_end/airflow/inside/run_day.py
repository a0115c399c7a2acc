"""Runs one day of the DAG and reports how its tasks ended; Airflow's Python runs this file.

Usage: run_day.py LOGICAL_DATE|none CONF REPORT. CONF is JSON, as the form would send it. The script
writes to the file REPORT `{"state": ..., "tasks": {"match alpha": [state, tries], ...}}`.
"""

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "airflow_dags"))

import daily_reconciliation


def main(logical_date: str, conf: str, report: str) -> None:
    """Runs the DAG in this process, one task after the other, with no delay before a retry."""
    dag = daily_reconciliation.daily_reconciliation()
    for task in dag.tasks:
        task.retry_delay = timedelta(0)
    at = None if logical_date == "none" else datetime.fromisoformat(logical_date)
    run = dag.test(logical_date=at, run_conf=json.loads(conf))
    tasks = {
        " ".join(filter(None, (task.task_id.removeprefix("channel."), task.rendered_map_index))): [
            str(task.state),
            task.try_number,
        ]
        for task in run.get_task_instances()
    }
    Path(report).write_text(json.dumps({"state": str(run.state), "tasks": tasks}))


if __name__ == "__main__":
    main(*sys.argv[1:])
