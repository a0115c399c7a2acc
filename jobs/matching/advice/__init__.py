"""What speaks for or against the action of a row: records of earlier dates, and what they prove."""
