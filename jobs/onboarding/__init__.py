"""A channel's page: checked, tried on a statement, drafted from one."""
