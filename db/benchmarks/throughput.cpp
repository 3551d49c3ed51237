// SPDX-License-Identifier: MIT
// How many statements a second the pool runs, and how long each of them takes, seen by its caller.
//
//   db_throughput URL MODE WORK TASKS CONNECTIONS SECONDS
//
//   MODE  lease    one acquire() for each statement
//         pool     the pool's helpers
//         grouped  the same, grouped under one Sync
//         begin    a transaction around each statement
//   WORK  read    a row by its key, of `bench_rows`
//         insert  a row into `bench_log`
//         mixed   reads, and in one of twenty cases a statement of 100 ms: what is counted and timed is the reads
//
// Ends with one line of JSON.
#include <trunkline/db.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/describe/class.hpp>

#include <algorithm>
#include <cstring>
#include <iostream>
#include <random>

#include <sys/resource.h>

namespace asio = boost::asio;
namespace db = trunkline::db;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::int64_t rows = 10'000;

struct Person {
    std::int64_t id;
    std::string name;
    std::string email;
};
BOOST_DESCRIBE_STRUCT(Person, (), (id, name, email))

struct Load {
    db::Pool& pool;
    std::string mode;
    bool insert = false;
    bool mixed = false;
    Clock::time_point from;
    Clock::time_point until;
    std::vector<std::uint32_t> microseconds{};
};

asio::awaitable<void> one(Load& load, db::Executor& executor, std::int64_t id)
{
    if (load.insert) {
        const std::string name = "name " + std::to_string(id);
        co_await executor.execute("INSERT INTO bench_log (row_id, name) VALUES ($1, $2)", id, name);
    } else {
        const auto person =
            co_await executor.fetch_one<Person>("SELECT id, name, email FROM bench_rows WHERE id = $1", id);
        if (person.id != id) throw std::runtime_error("another's row");
    }
}

asio::awaitable<void> through(Load& load, std::int64_t id)
{
    if (load.mode == "lease") {
        auto connection = co_await load.pool.acquire();
        co_await one(load, connection, id);
    } else if (load.mode == "begin") {
        auto transaction = co_await load.pool.begin();
        co_await one(load, transaction, id);
        co_await transaction.commit();
    } else if (load.mode == "grouped") {
        db::Grouped grouped(load.pool);
        co_await one(load, grouped, id);
    } else {
        co_await one(load, load.pool, id);
    }
}

asio::awaitable<void> task(Load& load, unsigned seed)
{
    std::mt19937 random(seed);
    std::uniform_int_distribution<std::int64_t> any(1, rows);
    for (auto began = Clock::now(); began < load.until;) {
        if (load.mixed && random() % 20 == 0) {
            co_await load.pool.query("SELECT pg_sleep(0.1)");
            began = Clock::now();
            continue;
        }
        co_await through(load, any(random));
        const auto ended = Clock::now();
        if (began >= load.from)
            load.microseconds.push_back(static_cast<std::uint32_t>((ended - began) / std::chrono::microseconds(1)));
        began = ended;
    }
}

double cpu_seconds()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](timeval time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

asio::awaitable<void> note_cpu_at(Clock::time_point when, double& cpu)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, when);
    co_await timer.async_wait(asio::use_awaitable);
    cpu = cpu_seconds();
}

asio::awaitable<void> run_all(Load& load, std::size_t tasks, std::size_t& running)
{
    co_await load.pool.start();
    const auto executor = co_await asio::this_coro::executor;
    running = tasks;
    for (std::size_t i = 0; i < tasks; ++i)
        asio::co_spawn(executor, task(load, static_cast<unsigned>(i)), [&running](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
            --running;
        });
}

void print(Load& load, double seconds, double cpu)
{
    auto& sorted = load.microseconds;
    std::ranges::sort(sorted);
    const auto at = [&](double part) {
        return sorted.empty() ? 0u : sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
    };
    const double count = static_cast<double>(sorted.size());
    std::cout << "{\"per_second\": " << static_cast<std::uint64_t>(count / seconds) << ", \"p50_us\": " << at(0.5)
              << ", \"p99_us\": " << at(0.99) << ", \"max_us\": " << at(1)
              << ", \"client_cpu_us\": " << (count > 0 ? cpu * 1e6 / count : 0) << "}\n";
}

} // namespace

int main(int argc, char** argv)
{
    const auto known = [&](const char* mode) { return argc == 7 && std::strcmp(argv[2], mode) == 0; };
    if (!known("lease") && !known("pool") && !known("grouped") && !known("begin")) {
        std::cerr << "usage: db_throughput URL lease|pool|grouped|begin read|insert|mixed TASKS CONNECTIONS SECONDS\n";
        return 2;
    }
    db::Options options = db::Options::parse(argv[1]);
    options.max_size = std::stoul(argv[5]);
    options.min_size = std::min(options.min_size, options.max_size);
    asio::io_context io(1);
    db::Pool pool(io.get_executor(), options);
    const double seconds = std::stod(argv[6]);
    const auto warm = Clock::now() + std::chrono::milliseconds(300);
    Load load{pool,
              argv[2],
              std::strcmp(argv[3], "insert") == 0,
              std::strcmp(argv[3], "mixed") == 0,
              warm,
              warm + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds))};
    std::size_t running = 1;
    asio::co_spawn(io, run_all(load, std::stoul(argv[4]), running), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    double cpu_from = 0, cpu_until = 0;
    asio::co_spawn(io, note_cpu_at(load.from, cpu_from), [](std::exception_ptr) {});
    asio::co_spawn(io, note_cpu_at(load.until, cpu_until), [](std::exception_ptr) {});
    while ((running != 0 || cpu_until == 0) && io.run_one() != 0) {}
    print(load, seconds, cpu_until - cpu_from);
}
