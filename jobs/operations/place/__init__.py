"""A place to work in: `tieout init` makes one, `tieout doctor` examines one."""
