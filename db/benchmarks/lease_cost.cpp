// SPDX-License-Identifier: MIT
// What a lease costs by itself, with nothing around it: in time, in allocations, in memory while it is idle.
//
//   db_lease_cost URL SECONDS
//
// URL is a PostgreSQL with the table `bench_rows`. Ends with one line of JSON:
//
//   acquire_release_ns           acquire() and its release, nobody else in line: the median of many short series
//   acquire_release_allocations  calls of operator new in one of them
//   connection_fetch_us, pool_fetch_us, pool_fetch_ratio
//                                a row by its key through one held connection, and through the pool, in turns
//   idle_kib                     heap of an idle connection of the pool beyond that of a bare libpq connection that has
//                                prepared and run the same statement
#include <trunkline/db.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/describe/class.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <new>

#include <malloc.h>

namespace {
// The operators below have nowhere else to count.
std::atomic<std::uint64_t> allocations{0};
} // namespace

void* operator new(std::size_t size)
{
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace asio = boost::asio;
namespace db = trunkline::db;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t connections = 20;
constexpr const char* read_text = "SELECT id, name, email FROM bench_rows WHERE id = $1";

struct Person {
    std::int64_t id;
    std::string name;
    std::string email;
};
BOOST_DESCRIBE_STRUCT(Person, (), (id, name, email))

double median(std::vector<double>& values)
{
    std::ranges::sort(values);
    return values.empty() ? 0 : values[values.size() / 2];
}

double nanoseconds_since(Clock::time_point from)
{
    return std::chrono::duration<double, std::nano>(Clock::now() - from).count();
}

struct LeaseCost {
    double nanoseconds = 0;
    double allocations = 0;
};

asio::awaitable<LeaseCost> acquire_and_release(db::Pool& pool, Clock::time_point until)
{
    constexpr int series = 1000;
    std::vector<double> times;
    times.reserve(1'000'000);
    std::uint64_t before = 0; // taken after the first series, which warms whatever recycles
    for (int done = 0; done < 2 || Clock::now() < until; ++done) {
        if (done == 1) before = allocations.load();
        const auto from = Clock::now();
        for (int i = 0; i < series; ++i) const auto connection = co_await pool.acquire();
        if (times.size() < times.capacity()) times.push_back(nanoseconds_since(from) / series);
    }
    const auto count = static_cast<double>(times.size() - 1) * series;
    const double allocated = static_cast<double>(allocations.load() - before) / count;
    co_return LeaseCost{median(times), allocated};
}

asio::awaitable<double> fetch_series(db::Executor& executor)
{
    constexpr int series = 100;
    const auto from = Clock::now();
    for (std::int64_t id = 1; id <= series; ++id) {
        const auto person =
            co_await executor.fetch_one<Person>("SELECT id, name, email FROM bench_rows WHERE id = $1", id);
        if (person.id != id) throw std::runtime_error("another's row");
    }
    co_return nanoseconds_since(from) / series / 1000;
}

struct FetchCost {
    double by_connection = 0; // microseconds
    double by_pool = 0;
    double ratio = 0; // the median of the turns' own
};

asio::awaitable<FetchCost> compare_fetches(db::Pool& pool, Clock::time_point until)
{
    std::vector<double> by_connection, by_pool, ratios;
    while (ratios.size() < 3 || Clock::now() < until) {
        double alone = 0;
        {
            auto connection = co_await pool.acquire();
            alone = co_await fetch_series(connection);
        }
        const double pooled = co_await fetch_series(pool);
        by_connection.push_back(alone);
        by_pool.push_back(pooled);
        ratios.push_back(pooled / alone);
    }
    const double middle = median(ratios);
    co_return FetchCost{median(by_connection), median(by_pool), middle};
}

double heap_bytes()
{
    const auto now = mallinfo2();
    return static_cast<double>(now.uordblks) + static_cast<double>(now.hblkhd);
}

struct Bare {
    explicit Bare(const std::string& url) : connection(PQconnectdb(url.c_str()), PQfinish)
    {
        const char* one = "1";
        if (PQstatus(connection.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
        PQclear(PQprepare(connection.get(), "read", read_text, 0, nullptr));
        PQclear(PQexecPrepared(connection.get(), "read", 1, &one, nullptr, nullptr, 0));
    }
    std::unique_ptr<PGconn, void (*)(PGconn*)> connection;
};

double bare_bytes(const std::string& url)
{
    const Bare first(url); // what the library allocates once
    const double before = heap_bytes();
    std::vector<Bare> all;
    all.reserve(connections);
    while (all.size() < connections) all.emplace_back(url);
    return (heap_bytes() - before) / connections;
}

asio::awaitable<void> use_all(db::Pool& pool)
{
    std::vector<db::Connection> held;
    held.reserve(connections);
    while (held.size() < connections) {
        held.push_back(co_await pool.acquire());
        const auto rows =
            co_await held.back().query("SELECT id, name, email FROM bench_rows WHERE id = $1", std::int64_t{1});
        if (rows.size() != 1) throw std::runtime_error("no such row");
    }
}

asio::awaitable<void> start(db::Pool& pool) { co_await pool.start(); }

asio::awaitable<void> end(db::Pool& pool) { co_await pool.drain(); }

template <class T>
T run(asio::io_context& io, asio::awaitable<T> work)
{
    std::optional<T> found;
    io.restart();
    asio::co_spawn(io, std::move(work), [&found](std::exception_ptr failure, T value) {
        if (failure) std::rethrow_exception(failure);
        found = std::move(value);
    });
    while (!found && io.run_one() != 0) {}
    return std::move(found.value());
}

void run(asio::io_context& io, asio::awaitable<void> work)
{
    bool ended = false;
    io.restart();
    asio::co_spawn(io, std::move(work), [&ended](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
        ended = true;
    });
    while (!ended && io.run_one() != 0) {}
}

double pooled_bytes(const std::string& url)
{
    db::Options options = db::Options::parse(url);
    options.min_size = options.max_size = 1;
    asio::io_context io(1);
    {
        db::Pool first(io.get_executor(), options); // what the library allocates once
        run(io, start(first));
        run(io, end(first));
    }
    options.min_size = options.max_size = connections;
    const double before = heap_bytes();
    db::Pool pool(io.get_executor(), options);
    run(io, use_all(pool));
    const double bytes = (heap_bytes() - before) / connections;
    run(io, end(pool));
    return bytes;
}

} // namespace

int main(int argc, char** argv)
try {
    if (argc != 3) {
        std::cerr << "usage: db_lease_cost URL SECONDS\n";
        return 2;
    }
    const std::string url = argv[1];
    const auto half =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::stod(argv[2]) / 2));
    const double idle_kib = (pooled_bytes(url) - bare_bytes(url)) / 1024;
    asio::io_context io(1);
    db::Pool pool(io.get_executor(), db::Options::parse(url));
    run(io, start(pool));
    const LeaseCost lease = run(io, acquire_and_release(pool, Clock::now() + half));
    const FetchCost fetch = run(io, compare_fetches(pool, Clock::now() + half));
    run(io, end(pool));
    std::cout << "{\"acquire_release_ns\": " << lease.nanoseconds
              << ", \"acquire_release_allocations\": " << lease.allocations
              << ", \"connection_fetch_us\": " << fetch.by_connection << ", \"pool_fetch_us\": " << fetch.by_pool
              << ", \"pool_fetch_ratio\": " << fetch.ratio << ", \"idle_kib\": " << idle_kib << "}\n";
} catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
}
