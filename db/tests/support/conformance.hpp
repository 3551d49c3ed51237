// SPDX-License-Identifier: MIT
#pragma once

#include <support/mariadb_server.hpp>
#include <support/name_thief.hpp>
#include <support/pgbouncer_server.hpp>

#include <trunkline/db/pool.hpp>
#include <trunkline/db/task.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <gtest/gtest.h>

#include <list>

namespace trunkline::db::testing {

using namespace std::chrono_literals;

/// A database that keeps the promises of the library, and the way to it.
enum class Road { sqlite_file, sqlite_memory, postgresql, pgbouncer, mariadb };

/// All of them, and those that have more than one connection.
inline constexpr auto all_roads =
    std::to_array({Road::sqlite_file, Road::sqlite_memory, Road::postgresql, Road::pgbouncer, Road::mariadb});
inline constexpr auto roads_of_many =
    std::to_array({Road::sqlite_file, Road::postgresql, Road::pgbouncer, Road::mariadb});

inline std::string road_name(const ::testing::TestParamInfo<Road>& info)
{
    switch (info.param) {
    case Road::sqlite_file: return "SqliteFile";
    case Road::sqlite_memory: return "SqliteMemory";
    case Road::postgresql: return "Postgresql";
    case Road::mariadb: return "Mariadb";
    case Road::pgbouncer: break;
    }
    return "Pgbouncer";
}

/// A row of the table `people`.
struct Person {
    Uuid id;
    std::string name;
    std::optional<std::string> email;
    friend bool operator==(const Person&, const Person&) = default;
};
BOOST_DESCRIBE_STRUCT(Person, (), (id, name, email))

/// Something a test started beside itself.
struct Errand {
    bool ended = false;
    std::exception_ptr failure;
    asio::cancellation_signal stop;
};

/// A pool on one of the databases, which holds two empty tables:
///
///     people (id, name not empty, email unique, age)      notes (id, person_id REFERENCES people)
///
/// The tests see the public API alone. Each call of `get` is a task of its own and has a minute.
class Conformance : public ::testing::TestWithParam<Road> {
protected:
    void SetUp() override
    {
        if (is_postgresql()) empty_database();
        if (is_mysql()) MariadbServer::shared().sql("DROP DATABASE IF EXISTS conformance");
        open(usual());
        make_tables();
    }
    void TearDown() override
    {
        if (pool_) get(pool().drain(5s));
    }

    bool is_postgresql() const { return GetParam() == Road::postgresql || GetParam() == Road::pgbouncer; }
    bool is_mysql() const { return GetParam() == Road::mariadb; }
    bool is_in_memory() const { return GetParam() == Road::sqlite_memory; }

    Options usual(std::size_t max_size = 4)
    {
        Options options = Options::parse(url());
        options.min_size = 0;
        options.max_size = max_size;
        return options;
    }

    /// A pool with other options on the same database; what is in memory begins anew. It has a connection: how long a
    /// log-in takes has no say in what a test measures.
    void open(Options options)
    {
        if (pool_) get(pool().drain(5s));
        pool_.emplace(io.get_executor(), std::move(options));
        get(pool().start());
    }
    void open_with_tables(Options options)
    {
        open(std::move(options));
        if (is_in_memory()) make_tables();
    }
    Pool& pool() { return *pool_; }
    void forget_pool() { pool_.reset(); }
    asio::awaitable<void> drain_and_note(bool& drained)
    {
        (void)co_await pool().drain(30s);
        drained = true;
    }

    /// Runs `work` beside the test, as a task named "conformance".
    Errand& go(asio::awaitable<void> work)
    {
        Errand& errand = errands_.emplace_back();
        auto note = [&errand](std::exception_ptr failure) {
            errand.ended = true;
            errand.failure = failure;
        };
        asio::co_spawn(with_task(io.get_executor(), "conformance"), std::move(work),
                       asio::bind_cancellation_slot(errand.stop.slot(), note));
        return errand;
    }
    void cancel(Errand& errand)
    {
        asio::post(io, [&errand] { errand.stop.emit(asio::cancellation_type::terminal); });
    }

    template <class Reached>
    void until(Reached reached)
    {
        const auto bound = std::chrono::steady_clock::now() + 60s;
        io.restart();
        while (!reached())
            if (io.run_one_until(bound) == 0) throw std::runtime_error("what was waited for did not happen");
    }
    void finish(Errand& errand)
    {
        until([&] { return errand.ended; });
        if (errand.failure) std::rethrow_exception(errand.failure);
    }

    void get(asio::awaitable<void> work) { finish(go(std::move(work))); }
    template <class T>
    T get(asio::awaitable<T> work)
    {
        std::optional<T> value;
        get(keep(std::move(work), value));
        return std::move(*value);
    }

    /// The failure of that call, which has to be a Failure.
    template <class Failure>
    Failure failure_of(Errand& errand)
    {
        try {
            finish(errand);
        } catch (const Failure& failure) {
            return failure;
        }
        throw std::runtime_error("it did not fail");
    }
    template <class Failure, class T>
    Failure failure_of(asio::awaitable<T> work)
    {
        return failure_of<Failure>(go(drop(std::move(work))));
    }

    /// The same call without its answer.
    template <class T>
    static asio::awaitable<void> drop(asio::awaitable<T> work)
    {
        (void)co_await std::move(work);
    }
    static asio::awaitable<void> drop(asio::awaitable<void> work) { return work; }

    /// Adds a person and answers the id.
    Uuid add(Executor& db, std::string_view name)
    {
        const Uuid id = new_uuid();
        get(db.execute("INSERT INTO people (id, name) VALUES ($1, $2)", id, name));
        return id;
    }
    std::vector<std::string> names(Executor& db)
    {
        return get(db.fetch<std::string>("SELECT name FROM people ORDER BY name"));
    }
    /// A statement that runs for a minute unless somebody stops it.
    asio::awaitable<std::uint64_t> dawdle(Executor& db)
    {
        return db.execute(by_engine{.postgresql = "SELECT 1 FROM pg_sleep(60)",
                                    .sqlite = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
                                              "SELECT n FROM c WHERE n < 0",
                                    .mysql = "SELECT sleep(60)"});
    }

    std::list<Errand> errands_; // outlives what runs
    asio::io_context io;

private:
    std::string url()
    {
        switch (GetParam()) {
        case Road::sqlite_file: return "sqlite://" + (folder_.path() / "conformance.db").string();
        case Road::sqlite_memory: return "sqlite::memory:";
        case Road::postgresql: return PostgresServer::shared().url("conformance");
        case Road::mariadb: return MariadbServer::shared().url("conformance");
        case Road::pgbouncer: break;
        }
        static const PgbouncerServer bouncer(PostgresServer::shared(), 8);
        // Strangers on the same servers, who give our names to texts of theirs and take them away, all the while.
        static const NameThief one(bouncer.url("conformance")), two(bouncer.url("conformance"));
        return bouncer.url("conformance");
    }

    static void empty_database()
    {
        static const bool made = create_database();
        if (made)
            PostgresServer::shared().sql(
                "SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public", "conformance");
    }
    static bool create_database()
    {
        const PostgresServer& server = PostgresServer::shared();
        server.create_database("conformance");
        // Behind a pooler the driver cannot choose it, and says so; the test server's own is odd on purpose.
        server.sql("ALTER DATABASE conformance SET datestyle = 'ISO'");
        return true;
    }

    void make_tables()
    {
        get(pool().execute(by_engine{
            .postgresql = "CREATE TABLE people (id uuid PRIMARY KEY, name text NOT NULL CONSTRAINT people_name_filled "
                          "CHECK (name <> ''), email text CONSTRAINT people_email_once UNIQUE, age bigint)",
            .sqlite = "CREATE TABLE people (id BLOB PRIMARY KEY, name TEXT NOT NULL CONSTRAINT people_name_filled "
                      "CHECK (name <> ''), email TEXT UNIQUE, age INTEGER) STRICT",
            .mysql = "CREATE TABLE people (id BINARY(16) PRIMARY KEY, name VARCHAR(200) NOT NULL, email VARCHAR(200), "
                     "age BIGINT, CONSTRAINT people_name_filled CHECK (name <> ''), "
                     "CONSTRAINT people_email_once UNIQUE (email)) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"}));
        get(pool().execute(by_engine{
            .postgresql = "CREATE TABLE notes (id uuid PRIMARY KEY, person_id uuid NOT NULL "
                          "CONSTRAINT notes_person_known REFERENCES people (id))",
            .sqlite = "CREATE TABLE notes (id BLOB PRIMARY KEY, person_id BLOB NOT NULL REFERENCES people (id)) STRICT",
            .mysql = "CREATE TABLE notes (id BINARY(16) PRIMARY KEY, person_id BINARY(16) NOT NULL, "
                     "CONSTRAINT notes_person_known FOREIGN KEY (person_id) REFERENCES people (id))"}));
    }

    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& value)
    {
        value.emplace(co_await std::move(work));
    }
    TemporaryFolder folder_;
    std::optional<Pool> pool_;
};

/// The promises that need more than one connection, which a database in memory does not have.
class ConformanceOfMany : public Conformance {};

} // namespace trunkline::db::testing
