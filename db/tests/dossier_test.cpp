// SPDX-License-Identifier: MIT
// What the pool concludes from what it knew when somebody had waited in vain. No clock, no pool: facts in, verdict out.
#include "pool/dossier.hpp"
#include "pool/traffic.hpp"

#include <gtest/gtest.h>

namespace trunkline::db::detail {
namespace {

using namespace std::chrono_literals;

/// A pool of that size in which everything is as usual: statements of 10 ms, a caller who had the usual patience.
AcquireDossier usual(std::size_t max_size = 4)
{
    AcquireDossier facts;
    facts.waited = facts.acquire_timeout = 10s;
    facts.leak_after = 30s;
    facts.place_in_line = 1;
    facts.max_size = max_size;
    facts.window = 10s;
    facts.connect_time = 3ms;
    return facts;
}

Holder holder(std::chrono::nanoseconds age, bool running, std::chrono::nanoseconds state_age)
{
    Holder made;
    made.age = age;
    made.running = running;
    made.state_age = state_age;
    return made;
}

void hold(AcquireDossier& facts, std::size_t times, const Holder& by)
{
    facts.in_use += times;
    facts.holders.insert(facts.holders.end(), times, by);
}

/// So many calls came and went in a second, each with a connection to itself for that long.
void flow(AcquireDossier& facts, double came, double served, std::chrono::nanoseconds held)
{
    facts.arrivals_per_second = facts.alone_per_second = came;
    facts.served_per_second = served;
    facts.held = held;
}

struct Situation {
    const char* name;
    AcquireCause verdict;
    std::optional<std::size_t> needed;
    AcquireDossier (*facts)();
};

const Holder forgotten = holder(2min, false, 110s);
const Holder slow = holder(12s, true, 12s);
const Holder waiting_for_something = holder(12s, false, 11s);
const Holder ordinary = holder(8ms, true, 8ms);

const Situation situations[] = {
    {"a leaked lease",
     AcquireCause::leak,
     {},
     [] {
         auto facts = usual(1);
         hold(facts, 1, forgotten);
         return facts;
     }},
    {"leaks that leave one connection, which cannot do what four could",
     AcquireCause::leak,
     {},
     [] {
         auto facts = usual(4);
         hold(facts, 3, forgotten);
         hold(facts, 1, ordinary);
         flow(facts, 150, 100, 10ms);
         return facts;
     }},
    {"one leak beside an overload that would have been one without it", AcquireCause::backlog, 10,
     [] {
         auto facts = usual(4);
         hold(facts, 1, forgotten);
         hold(facts, 3, ordinary);
         flow(facts, 800, 300, 10ms);
         return facts;
     }},
    {"a slow statement",
     AcquireCause::slow_holders,
     {},
     [] {
         auto facts = usual(1);
         hold(facts, 1, slow);
         flow(facts, 2, 1, 10ms);
         return facts;
     }},
    {"nothing but slow statements, as always",
     AcquireCause::slow_holders,
     {},
     [] {
         auto facts = usual(2);
         hold(facts, 2, slow);
         flow(facts, 0.3, 0.2, 9s);
         return facts;
     }},
    {"a report that runs many statements on a connection of its own",
     AcquireCause::slow_holders,
     {},
     [] {
         auto facts = usual(1);
         hold(facts, 1, holder(1min, false, 2ms));
         flow(facts, 1, 1, 10ms);
         return facts;
     }},
    {"transactions that wait for something else",
     AcquireCause::idle_holders,
     {},
     [] {
         auto facts = usual(2);
         hold(facts, 2, waiting_for_something);
         return facts;
     }},
    {"more of those who wait for something else than of the slow",
     AcquireCause::idle_holders,
     {},
     [] {
         auto facts = usual(3);
         hold(facts, 2, waiting_for_something);
         hold(facts, 1, slow);
         return facts;
     }},
    {"a burst, at the end of which the last one waited too long", AcquireCause::backlog, 8,
     [] {
         auto facts = usual(4);
         hold(facts, 4, ordinary);
         flow(facts, 300, 300, 10ms);
         facts.place_in_line = 8000;
         return facts;
     }},
    {"steadily more than the pool can do", AcquireCause::backlog, 16,
     [] {
         auto facts = usual(4);
         hold(facts, 4, ordinary);
         flow(facts, 1500, 400, 10ms);
         facts.place_in_line = 4000;
         return facts;
     }},
    {"a caller who was in a hurry",
     AcquireCause::backlog,
     {},
     [] {
         auto facts = usual(4);
         facts.waited = 5ms;
         hold(facts, 4, ordinary);
         flow(facts, 100, 100, 10ms);
         return facts;
     }},
    {"a busy pool of which too little is known",
     AcquireCause::backlog,
     {},
     [] {
         auto facts = usual(4);
         hold(facts, 4, ordinary);
         return facts;
     }},
    {"a server that refuses",
     AcquireCause::connect_failing,
     {},
     [] {
         auto facts = usual();
         facts.connect_error = "connection refused";
         return facts;
     }},
    {"a server with no connection left beyond those in use",
     AcquireCause::connect_failing,
     {},
     [] {
         auto facts = usual(4);
         hold(facts, 2, ordinary);
         facts.connect_error = "sorry, too many clients already";
         facts.connect_sqlstate = "53300";
         return facts;
     }},
    {"a failure to connect that did not matter, as all connections were open",
     AcquireCause::slow_holders,
     {},
     [] {
         auto facts = usual(1);
         hold(facts, 1, slow);
         facts.connect_error = "connection refused";
         return facts;
     }},
    {"a server that accepts and never answers",
     AcquireCause::connect_failing,
     {},
     [] {
         auto facts = usual();
         facts.opening = 1;
         facts.oldest_attempt = 9900ms;
         return facts;
     }},
    {"the same, and nobody was ever answered",
     AcquireCause::connect_failing,
     {},
     [] {
         auto facts = usual();
         facts.connect_time = std::nullopt;
         facts.opening = 1;
         facts.oldest_attempt = 9900ms;
         return facts;
     }},
    {"a server to which it takes long to connect",
     AcquireCause::slow_connects,
     {},
     [] {
         auto facts = usual();
         facts.connect_time = 8s;
         facts.opening = 1;
         facts.oldest_attempt = 9900ms;
         return facts;
     }},
    {"a first caller who was in a hurry",
     AcquireCause::slow_connects,
     {},
     [] {
         auto facts = usual();
         facts.waited = 5ms;
         facts.connect_time = std::nullopt;
         facts.opening = 1;
         facts.oldest_attempt = 5ms;
         return facts;
     }},
    {"a task that waits for itself",
     AcquireCause::nested,
     {},
     [] {
         auto facts = usual(1);
         Holder self = waiting_for_something;
         self.waits_for_another = true;
         hold(facts, 1, self);
         facts.keeps = std::source_location::current();
         return facts;
     }},
    {"tasks that keep a connection while others are slow",
     AcquireCause::slow_holders,
     {},
     [] {
         auto facts = usual(4);
         Holder self = waiting_for_something;
         self.waits_for_another = true;
         hold(facts, 1, self);
         hold(facts, 3, slow);
         facts.keeps = std::source_location::current();
         return facts;
     }},
};

TEST(Dossier, comes_to_the_right_verdict_in_every_situation)
{
    for (const Situation& situation : situations) {
        AcquireDossier facts = situation.facts();
        facts.cause = cause_of(facts);
        EXPECT_EQ(to_string(facts.cause), to_string(situation.verdict)) << situation.name;
        EXPECT_EQ(max_size_needed(facts, facts.cause), situation.needed) << situation.name;
        EXPECT_GT(describe(facts).size(), 100u) << situation.name;
    }
}

TEST(Dossier, reads_as_a_paragraph)
{
    auto facts = usual(1);
    Holder one = forgotten;
    one.task = "importing";
    one.statement = "SELECT 7";
    hold(facts, 1, one);
    flow(facts, 0.3, 0.1, 20ms);
    facts.waiting = 2;
    facts.cause = cause_of(facts);
    const std::string text = describe(facts);
    for (const char* part :
         {"within 10.0 s", "(a leak)", "1 of 1 in use", "2 others waiting", "number 1 in line",
          "in the last 10.0 s 0.3 calls a second came and 0.1 were done, each in 20 ms on average",
          "for 120.0 s (task 'importing'), between statements for 110.0 s: SELECT 7", "find what still owns"})
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

TEST(Dossier, names_the_size_that_would_have_served)
{
    auto facts = usual(4);
    hold(facts, 4, ordinary);
    flow(facts, 1500, 400, 10ms);
    facts.cause = cause_of(facts);
    facts.max_size_needed = max_size_needed(facts, facts.cause);
    EXPECT_NE(describe(facts).find("A max_size of 16 would have served it"), std::string::npos) << describe(facts);
}

// -- What came and went ------------------------------------------------------------

TEST(RecentTraffic, adds_up_what_came_and_went)
{
    RecentTraffic traffic;
    const RecentTraffic::Time start{} /* of the test's clock */;
    for (int i = 0; i < 40; ++i) traffic.came(start + i * 100ms, i % 2 == 0);
    for (int i = 0; i < 10; ++i) traffic.served(start + 2s, i < 4, 50ms);
    const auto sum = traffic.lately(start + 4s);
    EXPECT_EQ(sum.window, 4s);
    EXPECT_EQ(sum.came, 40u);
    EXPECT_EQ(sum.came_alone, 20u);
    EXPECT_EQ(sum.served, 10u);
    EXPECT_EQ(sum.served_alone, 4u);
    EXPECT_EQ(sum.held_alone, 200ms);
}

TEST(RecentTraffic, forgets_what_is_older_than_ten_seconds_or_so)
{
    RecentTraffic traffic;
    const RecentTraffic::Time start = RecentTraffic::Time(1h);
    for (int i = 0; i < 600; ++i) traffic.came(start + i * 100ms, true);
    const auto sum = traffic.lately(start + 60s);
    EXPECT_GT(sum.window, 9s);
    EXPECT_LT(sum.window, 11s);
    EXPECT_NEAR(static_cast<double>(sum.came) / std::chrono::duration<double>(sum.window).count(), 10, 0.2);
    EXPECT_EQ(traffic.lately(start + 90s).came, 0u);
}

TEST(RecentTraffic, knows_nothing_before_anything_happened)
{
    const RecentTraffic traffic;
    EXPECT_EQ(traffic.lately(RecentTraffic::Time(5s)).window, 0s);
}

} // namespace
} // namespace trunkline::db::detail
