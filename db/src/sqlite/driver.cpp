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
    FileDriver(asio::any_io_executor executor, const Options& options, Limits limits)
        : desk_(Desk::make(std::move(executor), options, limits))
    {}

    /// The sessions may live on; the threads do not.
    ~FileDriver() override { database().close(); }

    asio::awaitable<std::unique_ptr<DriverConnection>> connect(Deadline deadline) override
    {
        return open(opener_, desk_, deadline);
    }

    /// Nobody waits for a stranger on account of a session: the threads' queues are what there is to wait in.
    bool shares() const noexcept override { return true; }
    bool shares_everything() const noexcept override { return true; }

    std::size_t max_connections() const noexcept override
    {
        return database().in_memory() ? 1 : Driver::max_connections();
    }

    std::string describe() const override
    {
        const std::string version = std::string("SQLite ") + sqlite3_libversion();
        if (database().in_memory()) return version + " in memory";
        return version + ", " + database().file() + ", write-ahead log, one writer, " +
               std::to_string(database().readers()) + " readers";
    }

private:
    static asio::awaitable<std::unique_ptr<DriverConnection>> open(Lane& opener, Desk::Self desk, Deadline deadline)
    {
        auto work = [&database = desk->database(), deadline] { database.open(deadline); };
        co_await opener.run(std::move(work));
        co_return std::make_unique<Connection>(std::move(desk));
    }

    Database& database() const noexcept { return desk_->database(); }

    const Desk::Self desk_;
    Lane opener_{"sqlite-open"}; // ends first: what it still does fails at once
};

} // namespace

} // namespace sqlite

std::unique_ptr<Driver> make_sqlite_driver(asio::any_io_executor executor, const Options& options)
{
    return make_sqlite_driver(std::move(executor), options, sqlite::Limits{});
}

std::unique_ptr<Driver> make_sqlite_driver(asio::any_io_executor executor, const Options& options,
                                           sqlite::Limits limits)
{
    return std::make_unique<sqlite::FileDriver>(std::move(executor), options, limits);
}

} // namespace trunkline::db
