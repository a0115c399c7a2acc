"""What the DAGs are made of. Imports Airflow, its providers and the standard library only."""
