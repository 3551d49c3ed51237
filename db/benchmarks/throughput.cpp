// SPDX-License-Identifier: MIT
// How many statements a second the pool runs, and how long each of them takes, seen by its caller.
//
//   db_throughput URL MODE WORK TASKS CONNECTIONS SECONDS [EXECUTOR THREADS]
//
//   MODE  lease    one acquire() for each statement
//         pool     the pool's helpers
//         grouped  the same, grouped under one Sync
//         begin    a transaction around each statement
//   WORK  read    a row by its key, of `bench_rows`
//         insert  a row into `bench_log`
//         mixed   reads, and in one of twenty cases a statement of 100 ms: what is counted and timed is the reads
//   EXECUTOR  one     the pool and its callers on one thread (the default)
//             strand  the pool on a strand of a context that THREADS threads run, its callers on the strand too
//             any     the same, but the callers on the context: each call changes threads and back
//             shards  THREADS threads, each with a pool, its connections and its callers
//
// Ends with one line of JSON.
#include <trunkline/db.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/describe/class.hpp>

#include <algorithm>
#include <iostream>
#include <list>
#include <random>
#include <thread>

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

/// What all tasks do, and when.
struct Load {
    std::string mode;
    bool insert = false;
    bool mixed = false;
    Clock::time_point from;
    Clock::time_point until;
};

using Waits = std::vector<std::uint32_t>; // of a task, in microseconds

asio::awaitable<void> one(const Load& load, db::Executor& executor, std::int64_t id)
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

asio::awaitable<void> through(const Load& load, db::Pool& pool, std::int64_t id)
{
    if (load.mode == "lease") {
        auto connection = co_await pool.acquire();
        co_await one(load, connection, id);
    } else if (load.mode == "begin") {
        auto transaction = co_await pool.begin();
        co_await one(load, transaction, id);
        co_await transaction.commit();
    } else if (load.mode == "grouped") {
        db::Grouped grouped(pool);
        co_await one(load, grouped, id);
    } else {
        co_await one(load, pool, id);
    }
}

asio::awaitable<void> task(const Load& load, db::Pool& pool, unsigned seed, Waits& waits)
{
    std::mt19937 random(seed);
    std::uniform_int_distribution<std::int64_t> any(1, rows);
    for (auto began = Clock::now(); began < load.until;) {
        if (load.mixed && random() % 20 == 0) {
            co_await pool.query("SELECT pg_sleep(0.1)");
            began = Clock::now();
            continue;
        }
        co_await through(load, pool, any(random));
        const auto ended = Clock::now();
        if (began >= load.from)
            waits.push_back(static_cast<std::uint32_t>((ended - began) / std::chrono::microseconds(1)));
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

void print(std::vector<Waits>& of_tasks, double seconds, double cpu)
{
    Waits sorted;
    for (const Waits& waits : of_tasks) sorted.insert(sorted.end(), waits.begin(), waits.end());
    std::ranges::sort(sorted);
    const auto at = [&](double part) {
        return sorted.empty() ? 0u : sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
    };
    const double count = static_cast<double>(sorted.size());
    std::cout << "{\"per_second\": " << static_cast<std::uint64_t>(count / seconds) << ", \"p50_us\": " << at(0.5)
              << ", \"p99_us\": " << at(0.99) << ", \"max_us\": " << at(1)
              << ", \"client_cpu_us\": " << (count > 0 ? cpu * 1e6 / count : 0) << "}\n";
}

/// A context, the threads that run it, and a pool that lives there.
class House {
public:
    House(const db::Options& options, std::size_t threads, bool strand, bool callers_at_home)
        : io_(static_cast<int>(threads)),
          home_(strand ? asio::any_io_executor(asio::make_strand(io_)) : asio::any_io_executor(io_.get_executor())),
          callers_(callers_at_home ? home_ : asio::any_io_executor(io_.get_executor())),
          pool_(home_, options)
    {
        for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { io_.run(); });
    }
    ~House()
    {
        io_.stop();
        for (std::thread& thread : threads_) thread.join();
    }

    void open() { asio::co_spawn(callers_, pool_.start(), asio::use_future).get(); }
    std::future<void> spawn(const Load& load, unsigned seed, Waits& waits)
    {
        return asio::co_spawn(callers_, task(load, pool_, seed, waits), asio::use_future);
    }

private:
    asio::io_context io_;
    asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
    asio::any_io_executor home_;
    asio::any_io_executor callers_;
    db::Pool pool_;
    std::vector<std::thread> threads_;
};

void build(std::list<House>& houses, db::Options options, const std::string& executor, std::size_t threads)
{
    if (executor != "shards") {
        houses.emplace_back(options, threads, executor != "one", executor != "any");
        return;
    }
    options.max_size = std::max<std::size_t>(1, options.max_size / threads);
    options.min_size = std::min(options.min_size, options.max_size);
    for (std::size_t i = 0; i < threads; ++i) houses.emplace_back(options, 1, false, true);
}

bool is_one_of(const std::string& text, std::initializer_list<const char*> known)
{
    return std::ranges::find(known, text) != known.end();
}

} // namespace

int main(int argc, char** argv)
{
    const std::vector<std::string> given(argv + 1, argv + argc);
    const std::string executor = given.size() == 8 ? given[6] : "one";
    if ((given.size() != 6 && given.size() != 8) || !is_one_of(given[1], {"lease", "pool", "grouped", "begin"}) ||
        !is_one_of(given[2], {"read", "insert", "mixed"}) || !is_one_of(executor, {"one", "strand", "any", "shards"})) {
        std::cerr << "usage: db_throughput URL lease|pool|grouped|begin read|insert|mixed TASKS CONNECTIONS SECONDS "
                     "[one|strand|any|shards THREADS]\n";
        return 2;
    }
    db::Options options = db::Options::parse(given[0]);
    options.max_size = std::stoul(given[4]);
    options.min_size = std::min(options.min_size, options.max_size);
    std::list<House> houses;
    build(houses, options, executor, given.size() == 8 && executor != "one" ? std::stoul(given[7]) : 1);
    for (House& house : houses) house.open();

    const double seconds = std::stod(given[5]);
    const auto warm = Clock::now() + std::chrono::milliseconds(300);
    const Load load{given[1], given[2] == "insert", given[2] == "mixed", warm,
                    warm + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds))};
    std::vector<Waits> waits(std::stoul(given[3]));
    std::vector<std::future<void>> tasks;
    auto house = houses.begin();
    for (std::size_t i = 0; i < waits.size(); ++i) {
        tasks.push_back(house->spawn(load, static_cast<unsigned>(i), waits[i]));
        if (++house == houses.end()) house = houses.begin();
    }
    std::this_thread::sleep_until(load.from);
    const double cpu_from = cpu_seconds();
    std::this_thread::sleep_until(load.until);
    const double cpu_until = cpu_seconds();
    for (auto& ended : tasks) ended.get();
    print(waits, seconds, cpu_until - cpu_from);
}
