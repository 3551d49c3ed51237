// SPDX-License-Identifier: MIT
#include "database.hpp"

#include <base/utf8.hpp>
#include <migrations/migrator.hpp>
#include <support/postgres_server.hpp>

#include <algorithm>
#include <stdexcept>

namespace trunkline::testing {

namespace {

std::string fresh_postgresql_database()
{
    static int made = 0;
    const std::string name = "trunkline_" + std::to_string(++made);
    auto& server = db::testing::PostgresServer::shared();
    server.create_database(name);
    return server.socket_url(name);
}

} // namespace

Database::Database(db::Engine engine, std::size_t connections_max)
{
    if (engine == db::Engine::sqlite) {
        folder_ = std::make_unique<db::testing::TemporaryFolder>();
        url_ = "sqlite://" + (folder_->path() / "test.db").string();
    } else {
        url_ = fresh_postgresql_database();
    }
    db::Options options = db::Options::parse(url_);
    options.min_size = 1;
    options.max_size = connections_max;
    pool_ = std::make_unique<db::Pool>(io.get_executor(), std::move(options));
    run(fill());
}

Database::~Database()
{
    try {
        (void)run(pool_->drain(std::chrono::seconds(5)));
    } catch (const std::exception&) {
        // The test has failed already, or took the database away on purpose.
    }
}

asio::awaitable<void> Database::fill()
{
    (void)co_await migrate(*pool_, clock);
    db::Batch batch;
    for (const auto& [id, name] : {std::pair(tenant, "Analytical Engines"), std::pair(other_tenant, "Zuse KG")})
        batch.add("INSERT INTO tenants (id, name, default_region, created_at) VALUES ($1, $2, 'US', $3)", id,
                  std::string(name), clock.now());
    for (const http::Actor* actor : {&admin, &staff, &customer, &other_customer, &stranger})
        batch.add("INSERT INTO users (id, tenant_id, email, name, password_hash, role, status, created_at)"
                  " VALUES ($1, $2, $3, $4, '', $5, 'active', $6)",
                  actor->user_id, actor->tenant_id, email_of(*actor), actor->name, actor->role, clock.now());
    (void)co_await pool_->run(std::move(batch));
}

void Database::until(const std::function<bool()>& reached)
{
    const auto bound = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!reached()) {
        io.restart();
        if (io.run_one_until(bound) == 0 && std::chrono::steady_clock::now() >= bound)
            throw std::runtime_error("what was waited for did not happen");
    }
}

void Database::settle()
{
    io.restart();
    io.poll();
}

std::string email_of(const http::Actor& actor)
{
    std::string local = ascii_lower(actor.name);
    std::ranges::replace(local, ' ', '.');
    return local + "@crm.example.test";
}

} // namespace trunkline::testing
