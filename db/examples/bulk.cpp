// SPDX-License-Identifier: MIT
// Many rows in, some of them chosen by an array, many rows out: bulk [URL], by default with a database in memory.
#include <trunkline/db.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/describe/class.hpp>

#include <iostream>

namespace asio = boost::asio;
namespace db = trunkline::db;

struct Item {
    std::int64_t id{};
    std::string name;
    db::Numeric weight;
    std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(Item, (), (id, name, weight, tags))

asio::awaitable<void> make_table(db::Executor& db)
{
    co_await db.execute("DROP TABLE IF EXISTS bulk_items");
    co_await db.execute(db::by_engine{
        .postgresql = "CREATE TABLE bulk_items (id bigint PRIMARY KEY, name text, weight numeric, tags text[])",
        .sqlite = "CREATE TABLE bulk_items (id INTEGER PRIMARY KEY, name TEXT, weight TEXT, tags TEXT) STRICT"});
}

/// All of them or none.
asio::awaitable<std::uint64_t> import(db::Executor& db)
{
    std::vector<Item> items;
    for (std::int64_t id = 1; id <= 10'000; ++id)
        items.push_back({id, "item " + std::to_string(id), db::Numeric("0.10"), {"new", id % 2 ? "odd" : "even"}});
    co_return co_await db.copy_in("bulk_items", items);
}

/// One question for any number of ids.
asio::awaitable<std::vector<std::string>> names_of(db::Executor& db, std::vector<std::int64_t> ids)
{
    co_return co_await db.fetch<std::string>(
        db::by_engine{.postgresql = "SELECT name FROM bulk_items WHERE id = ANY($1) ORDER BY id",
                      .sqlite =
                          "SELECT name FROM bulk_items WHERE id IN (SELECT value FROM json_each($1)) ORDER BY id"},
        ids);
}

/// However many there are, 500 are in memory.
asio::awaitable<std::int64_t> count_odd(db::Connection& connection)
{
    std::int64_t odd = 0;
    auto cursor = co_await connection.cursor<Item>(db::CursorOptions{.batch_size = 500},
                                                   "SELECT id, name, weight, tags FROM bulk_items ORDER BY id");
    while (const auto batch = co_await cursor.next())
        for (const Item& item : *batch)
            if (item.tags.back() == "odd") ++odd;
    co_return odd;
}

asio::awaitable<void> tour(db::Pool& pool)
{
    co_await pool.start();
    co_await make_table(pool);
    std::cout << co_await import(pool) << " items came in\n";
    std::vector<std::int64_t> wanted{3, 5, 8, 100'000};
    for (const auto& name : co_await names_of(pool, std::move(wanted))) std::cout << name << '\n';
    {
        auto connection = co_await pool.acquire();
        std::cout << co_await count_odd(connection) << " of them are odd\n";
    }
    co_await pool.drain();
}

int main(int argc, char** argv)
try {
    asio::io_context io;
    db::Pool pool(io.get_executor(), db::Options::parse(argc > 1 ? argv[1] : "sqlite::memory:"));
    asio::co_spawn(io, tour(pool), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
} catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
}
