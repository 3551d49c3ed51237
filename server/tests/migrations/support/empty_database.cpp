// SPDX-License-Identifier: MIT
#include "empty_database.hpp"

#include <support/postgres_server.hpp>

namespace trunkline::testing {

EmptyDatabase::EmptyDatabase(db::Engine engine) : engine_(engine)
{
    if (engine == db::Engine::sqlite) {
        folder_ = std::make_unique<db::testing::TemporaryFolder>();
    } else {
        static int made = 0;
        name_ = "empty_" + std::to_string(++made);
        db::testing::PostgresServer::shared().create_database(name_);
    }
    (void)another_pool();
}

EmptyDatabase::~EmptyDatabase()
{
    try {
        for (const auto& pool : pools_) (void)run(pool->drain(std::chrono::seconds(5)));
    } catch (const std::exception&) {
        // The test has failed already.
    }
}

db::Pool& EmptyDatabase::another_pool(std::string_view user)
{
    const std::string url = engine_ == db::Engine::sqlite
                                ? "sqlite://" + (folder_->path() / "test.db").string()
                                : db::testing::PostgresServer::shared().socket_url(name_, user);
    db::Options options = db::Options::parse(url);
    options.min_size = 1;
    options.max_size = 3;
    pools_.push_back(std::make_unique<db::Pool>(io.get_executor(), std::move(options)));
    return *pools_.back();
}

void EmptyDatabase::execute(std::string sql)
{
    const db::unsafe_sql text(std::move(sql));
    (void)run(pool().execute(text));
}

std::vector<std::string> EmptyDatabase::texts(std::string sql)
{
    const db::unsafe_sql text(std::move(sql));
    return run(pool().fetch<std::string>(text));
}

} // namespace trunkline::testing
