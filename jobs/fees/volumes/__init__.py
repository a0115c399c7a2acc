"""The volumes of a channel by date, and the steps of tiers that follow from them.

- `daily`: what the lines of a date count towards the volume.
- `steps`: from volumes to the step of each month, merchant and currency; adds them to lines.
- `stale`: the checks that read other steps than there are now.
- `check_day`: reads and writes the table.

Source: docs/reference/fees.md, "Tiers by volume".
"""
