"""How the private database server is set: durable, small, off the network, silent about content.

An ERROR's own text may hold what somebody typed ("invalid input syntax for type …"), so none is
logged: `log` stands above `error` in `log_min_messages`. `terse` leaves out DETAIL, where the
report of a crash quotes the statement that was running. The settings are given on the server's
command line, because there ALTER SYSTEM cannot change them.
"""

SETTINGS = {
    "listen_addresses": "",
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "512MB",
    "huge_pages": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_duration": "off",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_connections": "off",
    "log_disconnections": "off",
    "log_checkpoints": "off",
}

# Three helper processes fewer; the setting is new in 18.
SETTINGS_FROM_18 = {"io_method": "sync"}
