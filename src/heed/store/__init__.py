"""PostgreSQL, the spool and the files: the only room that writes."""
