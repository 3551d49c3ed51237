// SPDX-License-Identifier: MIT
#pragma once

#include "postgres/driver.hpp"

#include <support/run.hpp>

#include <boost/asio/io_context.hpp>

namespace trunkline::db::testing {

/// A statement made at run time, with its arguments.
template <class... Args>
Statement statement(std::string text, const Args&... args)
{
    std::vector<Value> parameters;
    (parameters.push_back(to_value(args)), ...);
    return {SqlText(std::make_shared<const std::string>(std::move(text)), std::source_location::current()),
            std::move(parameters)};
}

inline Deadline in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

/// A driver and its context, for tests that say one thing after the other: each call runs the context until it is over.
class PostgresBench {
public:
    explicit PostgresBench(std::string url, Options options = {}) : options_(std::move(options))
    {
        options_.engine = Engine::postgresql;
        options_.target = std::move(url);
        driver_ = make_postgres_driver(io.get_executor(), options_);
    }

    template <class T>
    T await(asio::awaitable<T> work)
    {
        if constexpr (std::is_void_v<T>) {
            testing::run(io, std::move(work));
        } else {
            std::optional<T> answer;
            testing::run(io, keep(std::move(work), answer));
            return std::move(*answer);
        }
    }

    std::unique_ptr<DriverConnection> connect(std::chrono::milliseconds limit = std::chrono::seconds(20))
    {
        return await(driver_->connect(in(limit)));
    }

    template <class... Args>
    Result run(DriverConnection& connection, std::string text, const Args&... args)
    {
        return std::move(
            await(connection.run(Query(statement(std::move(text), args...)), in(std::chrono::seconds(20)))).at(0));
    }
    template <class T, class... Args>
    T value(DriverConnection& connection, std::string text, const Args&... args)
    {
        return run(connection, std::move(text), args...).template as<T>(0);
    }

    Driver& driver() { return *driver_; }

    asio::io_context io;

private:
    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& answer)
    {
        answer.emplace(co_await std::move(work));
    }

    Options options_;
    std::unique_ptr<Driver> driver_;
};

} // namespace trunkline::db::testing
