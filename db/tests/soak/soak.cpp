// SPDX-License-Identifier: MIT
// What tools/soak runs: a storm of stopped calls, and mixed work, on a real server that is cut off, frozen and
// restarted meanwhile. Ends with one line of counts, and with 1 when anything was found.
#include "faults.hpp"
#include "ledger_work.hpp"

#include <support/cancel_storm.hpp>

#include <trunkline/db/task.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <charconv>
#include <cstdio>
#include <optional>

#include <malloc.h>

/// There only when the program was built with AddressSanitizer.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes() __attribute__((weak));

namespace trunkline::db::soak {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::CancelStorm;
using testing::ConnectionWatch;
using testing::FaultProxy;
using testing::PostgresServer;

struct Plan {
    double minutes = 1;
    std::uint64_t cancels = 100'000;
    std::uint32_t seed = 1;
};

std::optional<Plan> plan_from(int count, char** words)
{
    Plan plan;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view name = words[i], value = words[i + 1];
        const char* const end = value.data() + value.size();
        std::from_chars_result read{value.data(), std::errc::invalid_argument};
        if (name == "--minutes") read = std::from_chars(value.data(), end, plan.minutes);
        else if (name == "--cancels") read = std::from_chars(value.data(), end, plan.cancels);
        else if (name == "--seed") read = std::from_chars(value.data(), end, plan.seed);
        if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    }
    if (count % 2 == 0 || plan.minutes < 0) return std::nullopt;
    return plan;
}

/// What is allocated now. The resident size would say little: freed memory is kept back, by a sanitizer most of all.
std::size_t allocated_kib()
{
    if (__sanitizer_get_current_allocated_bytes) return __sanitizer_get_current_allocated_bytes() / 1024;
    return mallinfo2().uordblks / 1024;
}

constexpr std::size_t growth_max_kib = 16 * 1024; // the books of the rows are in it

Options options_for(std::string url, std::string name, std::size_t max_size)
{
    Options options = Options::parse(url);
    options.application_name = std::move(name);
    options.min_size = 2;
    options.max_size = max_size;
    options.acquire_timeout = 5s;
    options.command_timeout = 5s;
    return options;
}

/// What was found, in words; empty is well.
class Findings {
public:
    void add(std::uint64_t count, const std::string& what)
    {
        if (count == 0) return;
        all_ += count;
        std::printf("FOUND %llu: %s\n", static_cast<unsigned long long>(count), what.c_str());
    }
    void expect(bool holds, const std::string& what) { add(holds ? 0 : 1, what); }
    std::uint64_t count() const { return all_; }

private:
    std::uint64_t all_ = 0;
};

/// What was given back may still be rolled back or closed: that is bounded.
void check_pool(asio::io_context& io, Pool& pool, Findings& findings, const std::string& name)
{
    const auto bound = steady_clock::now() + 20s;
    io.restart();
    while (pool.stats().in_use > 0 && io.run_one_until(bound) != 0) {}
    const PoolStats stats = pool.stats();
    findings.expect(stats.in_use == 0 && stats.waiting == 0 && pool.holders().empty(), name + ": something is held");
}

/// Runs until `work` has ended.
void run(asio::io_context& io, asio::awaitable<void> work, Findings& findings)
{
    bool ended = false;
    auto note = [&](std::exception_ptr failure) {
        ended = true;
        findings.expect(!failure, "the work itself failed");
    };
    asio::co_spawn(with_task(io.get_executor(), "soak"), std::move(work), note);
    io.restart();
    while (!ended && io.run_one() != 0) {}
}

/// The storm without faults: nothing may be lost.
CancelStorm::Tally weather_the_storm(const PostgresServer& server, const Plan& plan, Findings& findings)
{
    constexpr std::size_t max_size = 8;
    asio::io_context io{1};
    Pool pool(io.get_executor(), options_for(server.url(), "soak_storm", max_size));
    CancelStorm storm(pool, {.tries = plan.cancels, .stoppers = 16, .bystanders = 8, .seed = plan.seed});
    const ConnectionWatch watch(server, "soak_storm");
    run(io, storm.run(), findings);
    findings.add(storm.tally().findings, storm.tally().first_finding);
    findings.expect(watch.most() <= static_cast<int>(max_size),
                    "the server had " + std::to_string(watch.most()) + " connections of a pool of 8");
    check_pool(io, pool, findings, "storm");
    return storm.tally();
}

/// Mixed work and stopped calls on one pool, whose way to the server is troubled.
void live_with_faults(PostgresServer& server, const Plan& plan, Findings& findings, LedgerWork::Tally& work,
                      CancelStorm::Tally& storm_tally, Faults::Counts& struck)
{
    constexpr std::size_t max_size = 8;
    asio::io_context io{1};
    FaultProxy proxy(server.port());
    // The test server forgets its last commits when it is killed, unless it is told not to.
    const std::string url = "postgresql://postgres@127.0.0.1:" + std::to_string(proxy.port()) +
                            "/postgres?options=-c%20synchronous_commit%3Don";
    Pool pool(io.get_executor(), options_for(url, "soak_work", max_size));
    LedgerWork ledger(pool, io.get_executor(), server, plan.seed);
    CancelStorm storm(
        pool, {.tries = std::uint64_t(-1), .stoppers = 4, .bystanders = 4, .seed = plan.seed + 1, .faults = true});
    const auto end = steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(
                                               std::chrono::duration<double, std::ratio<60>>(plan.minutes));
    {
        const ConnectionWatch watch(server, "soak_work");
        Faults faults(proxy, server, plan.seed + 2);
        ledger.start(12);
        faults.begin(end, [&] {
            auto calm = [&] {
                storm.calm();
                ledger.stop();
            };
            asio::post(io, calm);
        });
        run(io, storm.run(), findings);
        run(io, ledger.finished(), findings);
        struck = faults.counts();
        ledger.compare();
        // A server that restarts may still list a connection that the pool has seen die.
        findings.expect(watch.most() <= static_cast<int>(2 * max_size),
                        "the server had " + std::to_string(watch.most()) + " connections of a pool of 8");
    }
    work = ledger.tally();
    storm_tally = storm.tally();
    findings.add(work.findings, work.first_finding);
    findings.add(storm_tally.findings, storm_tally.first_finding);
    check_pool(io, pool, findings, "work");
}

int soak(const Plan& plan)
{
    PostgresServer& server = PostgresServer::shared();
    CancelStorm::prepare(server);
    Findings findings;
    const auto began = steady_clock::now();
    const auto storm = weather_the_storm(server, plan, findings);
    const std::size_t before_kib = allocated_kib();
    LedgerWork::Tally work;
    CancelStorm::Tally troubled;
    Faults::Counts struck;
    if (plan.minutes > 0) live_with_faults(server, plan, findings, work, troubled, struck);
    const auto took = std::chrono::duration<double>(steady_clock::now() - began).count();
    const std::size_t after_kib = allocated_kib();
    std::printf("memory: %zu KiB allocated after the storm, %zu KiB at the end\n", before_kib, after_kib);
    findings.expect(after_kib < before_kib + growth_max_kib, "the memory grew");
    std::printf("faults: %d cut, %d frozen, %d refused, %d delayed, %d restarts; %llu calls lost to them\n",
                struck.cuts, struck.freezes, struck.refusals, struck.delays, struck.restarts,
                static_cast<unsigned long long>(work.lost + troubled.lost));
    std::printf("%llu tries to stop (%llu stopped), %llu right answers, %llu rows written, %llu of unknown fate, in "
                "%.0f s; %llu findings\n",
                static_cast<unsigned long long>(storm.tries + troubled.tries),
                static_cast<unsigned long long>(storm.stopped + troubled.stopped),
                static_cast<unsigned long long>(storm.checks + troubled.checks + work.right),
                static_cast<unsigned long long>(work.written), static_cast<unsigned long long>(work.unknown), took,
                static_cast<unsigned long long>(findings.count()));
    return findings.count() == 0 ? 0 : 1;
}

} // namespace
} // namespace trunkline::db::soak

int main(int count, char** words)
{
    const auto plan = trunkline::db::soak::plan_from(count, words);
    if (!plan) {
        std::fputs("usage: db_soak [--minutes M] [--cancels N] [--seed S]\n", stderr);
        return 2;
    }
    return trunkline::db::soak::soak(*plan);
}
