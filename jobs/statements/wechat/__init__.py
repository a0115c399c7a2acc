"""WeChat Pay's bills."""
