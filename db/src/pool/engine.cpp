// SPDX-License-Identifier: MIT
#include "engine.hpp"

#include "mysql/driver.hpp"
#include "postgres/driver.hpp"
#include "sqlite/driver.hpp"

namespace trunkline::db::detail {

std::unique_ptr<Driver> make_driver(asio::any_io_executor executor, const Options& options)
{
    switch (options.engine) {
    case Engine::postgresql: return make_postgres_driver(std::move(executor), options);
    case Engine::sqlite: return make_sqlite_driver(std::move(executor), options);
    case Engine::mysql: return make_mysql_driver(std::move(executor), options);
    }
    throw UsageError("no driver for this engine");
}

} // namespace trunkline::db::detail
