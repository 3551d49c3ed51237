// SPDX-License-Identifier: MIT
#pragma once

// trunkline::db: one asynchronous pool for PostgreSQL, SQLite and MySQL.

#include <trunkline/db/grouped.hpp>
#include <trunkline/db/listener.hpp>
#include <trunkline/db/pool.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
