// SPDX-License-Identifier: MIT
#pragma once

#include <sqlite/driver.hpp>
#include <trunkline/db/error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <sqlite3.h>
#include <stdlib.h>

namespace trunkline::db::testing {

using Sessions = std::vector<std::unique_ptr<DriverConnection>>;
using Steady = std::chrono::steady_clock;

/// A statement whose parameters are C++ values.
template <class... Args>
Statement statement(std::string sql, const Args&... args)
{
    std::vector<Value> parameters;
    (parameters.push_back(to_value(args)), ...);
    return Statement(SqlText(std::make_shared<const std::string>(std::move(sql)), std::source_location::current()),
                     std::move(parameters));
}

/// Work that was started on an io_context, for tests that read straight down.
template <class T>
class Pending {
public:
    using Kept = std::conditional_t<std::is_void_v<T>, char, T>;

    Pending(asio::io_context& io, asio::awaitable<T> work) : io_(&io)
    {
        auto state = state_;
        const auto slot = state->signal.slot();
        if constexpr (std::is_void_v<T>) {
            auto end = [state](std::exception_ptr failure) { state->end(failure); };
            asio::co_spawn(io, std::move(work), asio::bind_cancellation_slot(slot, std::move(end)));
        } else {
            auto end = [state](std::exception_ptr failure, T value) {
                state->value = std::move(value);
                state->end(failure);
            };
            asio::co_spawn(io, std::move(work), asio::bind_cancellation_slot(slot, std::move(end)));
        }
        poll();
    }

    /// Waits for the end, a minute at most; what the work threw is thrown here.
    T get()
    {
        const auto limit = Steady::now() + std::chrono::seconds(60);
        io_->restart();
        while (!state_->over && Steady::now() < limit) io_->run_one_until(limit);
        if (!state_->over) throw std::runtime_error("the work did not end in time");
        if (state_->failure) std::rethrow_exception(state_->failure);
        if constexpr (!std::is_void_v<T>) return std::move(state_->value);
    }

    bool over()
    {
        poll();
        return state_->over;
    }

    /// True when it is still not over after `time`.
    bool waits_for(std::chrono::milliseconds time)
    {
        const auto limit = Steady::now() + time;
        io_->restart();
        while (!state_->over && Steady::now() < limit) io_->run_one_until(limit);
        return !state_->over;
    }

    void cancel()
    {
        asio::post(*io_, [state = state_] { state->signal.emit(asio::cancellation_type::terminal); });
    }

private:
    struct State {
        void end(std::exception_ptr why)
        {
            failure = why;
            over = true;
        }
        asio::cancellation_signal signal;
        Kept value{};
        std::exception_ptr failure;
        bool over = false;
    };

    void poll()
    {
        io_->restart();
        io_->poll();
    }

    asio::io_context* io_;
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

using Running = Pending<std::vector<Result>>;

/// A handle of somebody else: another process, as far as the driver can tell.
class Stranger {
public:
    explicit Stranger(const std::string& file)
    {
        if (sqlite3_open(file.c_str(), &handle_) != SQLITE_OK)
            throw std::runtime_error("the stranger cannot open the file");
    }
    Stranger(const Stranger&) = delete;
    Stranger& operator=(const Stranger&) = delete;
    ~Stranger() { sqlite3_close(handle_); }

    int run(const char* sql) { return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr); }

    std::int64_t number(const char* sql)
    {
        std::int64_t found = -1;
        auto note = [](void* to, int, char** cells, char**) {
            return *static_cast<std::int64_t*>(to) = std::atoll(cells[0]), 0;
        };
        sqlite3_exec(handle_, sql, note, &found, nullptr);
        return found;
    }

private:
    sqlite3* handle_ = nullptr;
};

/// A folder with a database, a driver on it, and an io_context to wait on.
class SqliteBed : public ::testing::Test {
protected:
    SqliteBed()
    {
        std::string name = (std::filesystem::temp_directory_path() / "trunkline-sqlite-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
        folder_ = name;
        options_.target = (folder_ / "test.db").string();
    }
    ~SqliteBed() override
    {
        driver_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    Driver& driver()
    {
        if (!driver_) driver_ = make_sqlite_driver(io_.get_executor(), options_, limits_);
        return *driver_;
    }
    std::unique_ptr<DriverConnection> connect()
    {
        return Pending(io_, driver().connect(Steady::now() + std::chrono::seconds(30))).get();
    }

    Running start(DriverConnection& session, Query query, Deadline deadline = Deadline::max())
    {
        return Running(io_, session.run(std::move(query), deadline));
    }
    template <class... Args>
    Running start(DriverConnection& session, std::string sql, const Args&... args)
    {
        return start(session, Query(statement(std::move(sql), args...)));
    }
    template <class... Args>
    Result run(DriverConnection& session, std::string sql, const Args&... args)
    {
        return std::move(start(session, std::move(sql), args...).get().front());
    }
    std::int64_t number(DriverConnection& session, std::string sql)
    {
        return run(session, std::move(sql)).as<std::int64_t>(0);
    }

    void begin(DriverConnection& session, bool read_only = false)
    {
        Pending<void>(io_, session.begin({.read_only = read_only}, Deadline::max())).get();
    }
    void commit(DriverConnection& session) { Pending<void>(io_, session.commit(Deadline::max())).get(); }
    void rollback(DriverConnection& session) { Pending<void>(io_, session.rollback(Deadline::max())).get(); }

    /// The Error that `act` throws.
    template <class Kind = Error, class Act>
    static Kind failure(Act act)
    {
        try {
            act();
        } catch (const Kind& failed) {
            return failed;
        }
        throw std::runtime_error("it did not fail");
    }

    asio::io_context io_;
    std::filesystem::path folder_;
    Options options_;
    sqlite::Limits limits_;
    std::unique_ptr<Driver> driver_;
};

/// Reads without end; `WHERE n < 0` finds nothing.
inline constexpr const char* endless =
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c WHERE n < 0";
inline const std::string endless_insert = std::string("INSERT INTO t (id) ") + endless;

} // namespace trunkline::db::testing
