"""Names of files, folders and transactions do not grow with the number of channels."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.exports.export_day import record_export
from jobs.ingestion.ingest_day import ingest_day
from jobs.lake.tables import Lake
from jobs.quality.after_job import run_ingest_checks, run_match_checks
from jobs.reconcile.run_dates import match_dates
from jobs.storage.archive import Storage
from schemas.configuration import Configuration
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PipelineFixture

#: A channel's name has at most 64 characters.
CHANNELS = [f"{number:02}-{'c' * 61}" for number in range(60)]
#: The id of a received file and of a task, and a little more; a file system takes 255 bytes.
NAME_BYTES_MAX = 128
RECEIVED = CHANNELS[::30]


def write_channels(pipeline: PipelineFixture) -> Configuration:
    """A profile for each channel, of one page; two of them send a file."""
    config = pipeline.config
    page = config.profiles["bank"]
    profiles = {}
    for name in CHANNELS:
        files = page.files.model_copy(update={"pattern": name + "/{business_date:%Y-%m-%d}/*.csv"})
        profiles[name] = page.model_copy(update={"channel": name, "files": files})
    for number, name in enumerate(RECEIVED):
        statement = pipeline.write_statement(0, file_line(f"A{number}"))
        pipeline.write_file(f"{name}/{day(0)}/lines.csv", statement.read_bytes())
    txns = [file_txn(f"A{number}", channel=name) for number, name in enumerate(RECEIVED)]
    pipeline.write_snapshot(0, *txns)
    return replace(config, profiles=profiles)


@pytest.mark.sail_only
@pytest.mark.slow
def test_sixty_channels_make_no_long_name(lake: Lake, tmp_path: Path) -> None:
    pipeline = PipelineFixture(tmp_path, lake)
    config = write_channels(pipeline)
    summary = ingest_day(lake, config, Storage(str(pipeline.inbox)), day(0))
    assert [name for name in CHANNELS if summary.channels[name].counts["lines"] == 1] == RECEIVED
    for name in RECEIVED:
        match_dates(lake, config.profiles[name], [day(0)], config.snapshots)
        record_export(lake, config.profiles[name], day(0))
    checks = run_ingest_checks(lake, day(0), CHANNELS) | run_match_checks(lake, day(0), CHANNELS)
    assert {check["result"] for check in checks.values()} == {"OK"}

    names = {path.name for path in Path(lake.uri).rglob("*")}
    assert max(map(len, names)) <= NAME_BYTES_MAX
    commits = [
        json.loads(line)
        for path in Path(lake.uri).glob("*/_delta_log/*.json")
        for line in path.read_text("utf-8").splitlines()
    ]
    ids = [commit["txn"]["appId"] for commit in commits if "txn" in commit]
    assert ids
    assert max(map(len, ids)) <= NAME_BYTES_MAX


@pytest.mark.sail_only
@pytest.mark.slow
def test_pages_of_other_channels_have_other_names(lake: Lake) -> None:
    """Two sets of as many channels: two pages of one day, and the index leads to both."""
    for channels in (CHANNELS[:30], CHANNELS[30:]):
        run_ingest_checks(lake, day(0), channels)
        run_ingest_checks(lake, day(0), channels)
    pages = {path.name for path in Path(lake.uri, "quality", str(day(0))).glob("*.html")}
    assert len(pages) == 2 * 2
    index = Path(lake.uri, "quality/index.html").read_text("utf-8")
    assert all(f"{day(0)}/{page}" in index for page in pages)
