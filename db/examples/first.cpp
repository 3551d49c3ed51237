// SPDX-License-Identifier: MIT
// A first program: first [URL], by default with a database in memory.
#include <trunkline/db.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/describe/class.hpp>

#include <iostream>

namespace asio = boost::asio;
namespace db = trunkline::db;

struct Client {
    db::Uuid id;
    std::string name;
    std::optional<std::string> email;
};
BOOST_DESCRIBE_STRUCT(Client, (), (id, name, email))

/// Joins the caller's transaction, or runs on the pool: that is the caller's to say.
asio::awaitable<db::Uuid> add_client(db::Executor& db, std::string name, std::optional<std::string> email)
{
    const db::Uuid id = db::new_uuid();
    co_await db.execute("INSERT INTO first_clients (id, name, email) VALUES ($1, $2, $3)", id, name, email);
    co_return id;
}

asio::awaitable<void> tour(db::Pool& pool)
{
    co_await pool.start();
    co_await pool.execute(db::by_engine{
        .postgresql =
            "CREATE TABLE IF NOT EXISTS first_clients (id uuid PRIMARY KEY, name text NOT NULL, email text UNIQUE)",
        .sqlite =
            "CREATE TABLE IF NOT EXISTS first_clients (id BLOB PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE) STRICT"});

    auto tx = co_await pool.begin(); // rolled back unless committed
    co_await add_client(tx, "Ada", "ada@crm.example.test");
    co_await add_client(tx, "Grace", std::nullopt);
    co_await tx.commit();

    const auto clients = co_await pool.fetch<Client>("SELECT id, name, email FROM first_clients ORDER BY name");
    for (const Client& client : clients)
        std::cout << client.name << ' ' << client.email.value_or("has no address") << '\n';

    try {
        co_await add_client(pool, "Eve", "ada@crm.example.test");
    } catch (const db::UniqueViolation& taken) {
        std::cout << "refused: " << taken.constraint() << '\n';
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
