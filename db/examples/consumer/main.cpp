// SPDX-License-Identifier: MIT
// What an installed library is tried with: a database in memory, and one value out of it.
#include <trunkline/db.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <iostream>

namespace asio = boost::asio;
namespace db = trunkline::db;

asio::awaitable<std::int64_t> answer(db::Pool& pool)
{
    const auto value = co_await pool.fetch_value<std::int64_t>("SELECT CAST($1 AS INTEGER) * 2", 21);
    co_await pool.drain();
    co_return value;
}

int main()
{
    asio::io_context io;
    db::Pool pool(io.get_executor(), db::Options::parse("sqlite::memory:"));
    auto value = asio::co_spawn(io, answer(pool), asio::use_future);
    io.run();
    std::cout << value.get() << '\n';
}
