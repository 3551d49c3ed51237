// SPDX-License-Identifier: MIT
#pragma once

#include "mysql/driver.hpp"

#include <support/mariadb_server.hpp>
#include <support/run.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include <list>

namespace trunkline::db::testing {

using namespace std::chrono_literals;

inline Deadline in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

/// A driver on a MariaDB that all tests of a program share, with an empty database of its own, and a loop: each call
/// turns it until the call is over.
class MysqlBench : public ::testing::Test {
protected:
    MysqlBench()
    {
        server().sql("DROP DATABASE IF EXISTS bench");
        options_ = Options::parse(server().url("bench"));
    }
    ~MysqlBench() override { server().thaw(); }

    static MariadbServer& server() { return MariadbServer::shared(); }

    Driver& driver()
    {
        if (!driver_) driver_ = make_mysql_driver(io.get_executor(), options_);
        return *driver_;
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

    std::unique_ptr<DriverConnection> connect(std::chrono::milliseconds limit = 20s)
    {
        return await(driver().connect(in(limit)));
    }

    /// A statement made at run time, with its arguments.
    template <class... Args>
    static Statement statement(std::string text, const Args&... args)
    {
        std::vector<Value> parameters;
        (parameters.push_back(to_value(args)), ...);
        return {SqlText(std::make_shared<const std::string>(std::move(text)), std::source_location::current()),
                std::move(parameters)};
    }

    template <class... Args>
    Result run(DriverConnection& connection, std::string text, const Args&... args)
    {
        return std::move(await(connection.run(Query(statement(std::move(text), args...)), in(20s))).at(0));
    }
    std::vector<Result> run_unit(DriverConnection& connection, std::vector<Statement> unit, Deadline deadline = in(20s))
    {
        return await(connection.run(Query(std::move(unit)), deadline));
    }
    template <class T, class... Args>
    T value(DriverConnection& connection, std::string text, const Args&... args)
    {
        return run(connection, std::move(text), args...).template as<T>(0);
    }

    /// The failure of `act`, which has to be a Kind.
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

    /// What a call that was begun beside the test came to.
    struct Beside {
        bool over = false;
        std::exception_ptr failure;
        asio::cancellation_signal stop;
    };
    template <class T>
    Beside& go(asio::awaitable<T> work)
    {
        Beside& beside = beside_.emplace_back();
        auto note = [&beside](std::exception_ptr failure) {
            beside.over = true;
            beside.failure = failure;
        };
        asio::co_spawn(io, drop(std::move(work)), asio::bind_cancellation_slot(beside.stop.slot(), note));
        return beside;
    }
    void cancel(Beside& beside)
    {
        asio::post(io, [&beside] { beside.stop.emit(asio::cancellation_type::terminal); });
    }
    /// Turns the loop until `reached()`, a minute at most.
    template <class Reached>
    void until(Reached reached)
    {
        const auto bound = in(60s);
        io.restart();
        while (!reached())
            if (io.run_one_until(bound) == 0) throw std::runtime_error("what was waited for did not happen");
    }
    /// How often a timer of five milliseconds ticks until that is over.
    int ticks_until_over(Beside& beside)
    {
        asio::steady_timer timer(io);
        int ticks = 0;
        while (!beside.over) {
            timer.expires_after(5ms);
            bool ticked = false;
            timer.async_wait([&](boost::system::error_code) { ticked = true; });
            until([&] { return ticked; });
            ++ticks;
        }
        return ticks;
    }
    void finish(Beside& beside)
    {
        until([&] { return beside.over; });
        if (beside.failure) std::rethrow_exception(beside.failure);
    }

    std::list<Beside> beside_; // outlives what runs
    asio::io_context io;
    Options options_;
    std::unique_ptr<Driver> driver_;

private:
    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& answer)
    {
        answer.emplace(co_await std::move(work));
    }
    template <class T>
    static asio::awaitable<void> drop(asio::awaitable<T> work)
    {
        if constexpr (std::is_void_v<T>) co_await std::move(work);
        else (void)co_await std::move(work);
    }
};

} // namespace trunkline::db::testing
