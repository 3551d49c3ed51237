# SPDX-License-Identifier: MIT
"""What is measured beside the table: the cost of a lease, PgBouncer, SQLite."""


def measured(options, server):
    return {}, {}
