"""Runs one day of the DAG and reports how its tasks ended; started by Airflow's Python.

Usage: run_day.py LOGICAL_DATE|none CONF REPORT. CONF is JSON, as the form would send it; REPORT is
the file that gets `{"state": ..., "tasks": {"match alpha": [state, tries], ...}}`.
"""

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "airflow_dags"))

import daily_reconciliation


def main(logical_date: str, conf: str, report: str) -> None:
    """Runs it in this process, one task after the other, without waiting before a retry."""
    dag = daily_reconciliation.daily_reconciliation()
    for task in dag.tasks:
        task.retry_delay = timedelta(0)
    at = None if logical_date == "none" else datetime.fromisoformat(logical_date)
    run = dag.test(logical_date=at, run_conf=json.loads(conf))
    tasks = {
        " ".join(filter(None, (each.task_id.removeprefix("channel."), each.rendered_map_index))): [
            str(each.state),
            each.try_number,
        ]
        for each in run.get_task_instances()
    }
    Path(report).write_text(json.dumps({"state": str(run.state), "tasks": tasks}))


if __name__ == "__main__":
    main(*sys.argv[1:])
