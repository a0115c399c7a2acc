"""`tieout profile`: checks a channel's page, tries it on a statement, drafts one from a file."""
