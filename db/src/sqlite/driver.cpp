// SPDX-License-Identifier: MIT
#include "driver.hpp"

#include "connection.hpp"

#include <trunkline/db/lane.hpp>

#include <sqlite3.h>

namespace trunkline::db {

namespace sqlite {

namespace {

class FileDriver final : public Driver {
public:
    FileDriver(const Options& options, Limits limits)
        : file_(options.target), database_(std::make_shared<Database>(options, limits))
    {}

    /// The sessions may live on; the threads do not.
    ~FileDriver() override { database_->close(); }

    asio::awaitable<std::unique_ptr<DriverConnection>> connect(Deadline deadline) override
    {
        return open(opener_, database_, deadline);
    }

    std::size_t max_connections() const noexcept override
    {
        return database_->in_memory() ? 1 : Driver::max_connections();
    }

    std::string describe() const override
    {
        const std::string version = std::string("SQLite ") + sqlite3_libversion();
        if (database_->in_memory()) return version + " in memory";
        return version + ", " + file_ + ", write-ahead log, one writer, " + std::to_string(database_->readers()) +
               " readers";
    }

private:
    static asio::awaitable<std::unique_ptr<DriverConnection>> open(Lane& opener, std::shared_ptr<Database> database,
                                                                   Deadline deadline)
    {
        auto work = [database, deadline] { database->open(deadline); };
        co_await opener.run(std::move(work));
        co_return std::make_unique<Connection>(std::move(database));
    }

    const std::string file_;
    std::shared_ptr<Database> database_;
    Lane opener_{"sqlite-open"}; // ends first: what it still does fails at once
};

} // namespace

} // namespace sqlite

std::unique_ptr<Driver> make_sqlite_driver(asio::any_io_executor executor, const Options& options)
{
    return make_sqlite_driver(std::move(executor), options, sqlite::Limits{});
}

std::unique_ptr<Driver> make_sqlite_driver(asio::any_io_executor, const Options& options, sqlite::Limits limits)
{
    return std::make_unique<sqlite::FileDriver>(options, limits);
}

} // namespace trunkline::db
