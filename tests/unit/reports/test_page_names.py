"""Pages of some channels stand beside the page of all."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from jobs.reports.day_page.scope import Scope
from jobs.reports.day_page.write_page import name_page
from schemas.configuration import Configuration
from schemas.profile.channel import Snapshots

PAGES: dict[str, Any] = dict.fromkeys(("alipay", "bank", "wechat"))


@pytest.mark.parametrize(
    ("channels", "name"),
    [
        (("alipay", "bank", "wechat"), "report.html"),
        (("wechat",), "report-wechat.html"),
        (("alipay", "wechat"), "report-2-channels-4664f902.html"),
    ],
)
def test_page_is_named_by_its_channels(channels: tuple[str, ...], name: str) -> None:
    chosen: dict[str, Any] = dict.fromkeys(channels)
    config = Configuration(chosen, {}, Snapshots(), all_profiles=PAGES)
    scope = Scope(date(2026, 11, 1), date(2026, 11, 1), config)
    assert name_page(scope, "report", "en") == name
    assert name_page(scope, "report", "zh") == name.replace(".html", ".zh.html")
    assert len(name_page(replace(scope, is_month=True), "scorecard", "en")) < 60
