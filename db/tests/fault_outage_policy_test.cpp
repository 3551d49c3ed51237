// SPDX-License-Identifier: MIT
#include <pool/policy.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <queue>
#include <string>

namespace trunkline::db::detail {
namespace {

using namespace std::chrono_literals;
using What = PoolPolicy::What;
using SlotId = PoolPolicy::SlotId;
using WaiterId = PoolPolicy::WaiterId;
using Time = PoolPolicy::Time;
using Duration = PoolPolicy::Duration;

constexpr std::size_t attempts_in_a_minute_max = 40;
constexpr auto told_within = 100ms;
constexpr auto floor_within = 1s;

struct Weather {
    std::size_t min_size = 5;
    std::size_t max_size = 20;
    Duration attempt_takes = 10ms; // to fail, and to succeed
    Duration between_callers = 10ms;
    std::size_t callers_at_once = 0; // when it begins
    bool warm = true;                // the floor was open, and all of it is lost when it begins
    std::uint64_t seed = 1;
};

/// A pool's policy on a virtual clock, in front of a database that goes away and comes back. Callers use what they are
/// lent for a millisecond.
class Outage {
public:
    explicit Outage(Weather weather) : weather_(weather), policy_(limits(), weather.seed)
    {
        if (weather_.warm) {
            policy_.start(now_);
            look();
            run_for(1s);
        }
    }

    /// The database is away, and nobody can be served, for so long.
    void last(Duration time)
    {
        away_ = true;
        for (const SlotId slot : std::exchange(idle_, {})) lose(slot);
        for (std::size_t i = 0; i < weather_.callers_at_once; ++i) call();
        attempts_ = 0;
        run_for(time);
    }
    void end()
    {
        away_ = false;
        run_for(10s);
    }

    std::size_t attempts() const { return attempts_; }
    std::optional<Time> outage_at, recovered_at, floor_at, told_last;
    std::size_t waiting_when_told = 0;
    bool unserved_told = true; // each caller who came while the breaker was open was told at once
    std::size_t most_at_once = 0;

private:
    struct Due {
        Time at;
        std::uint64_t order;
        std::function<void()> what;
        friend bool operator<(const Due& a, const Due& b) { return std::tie(a.at, a.order) > std::tie(b.at, b.order); }
    };

    PoolPolicy::Limits limits() const
    {
        PoolPolicy::Limits limits;
        limits.min_size = weather_.min_size;
        limits.max_size = weather_.max_size;
        return limits;
    }
    void later(Duration in, std::function<void()> what) { due_.push({now_ + in, ++order_, std::move(what)}); }

    void run_for(Duration time)
    {
        const Time end = now_ + time;
        const std::uint64_t age = ++age_; // of the callers that come
        if (weather_.between_callers > 0s) come_and_go(age);
        for (;;) {
            const Time wake = policy_.next_wake();
            const Time next = due_.empty() ? wake : std::min(wake, due_.top().at);
            if (next > end) break;
            now_ = std::max(now_, next);
            if (!due_.empty() && due_.top().at <= now_) {
                const auto what = due_.top().what;
                due_.pop();
                what();
            } else {
                policy_.tick(now_);
            }
            look();
        }
        now_ = end;
    }
    void come_and_go(std::uint64_t age)
    {
        if (age != age_) return;
        call();
        later(weather_.between_callers, [this, age] { come_and_go(age); });
    }
    void call()
    {
        policy_.acquire(now_, now_ + 10s);
        look();
    }
    /// A connection that was idle turns out to be broken: it is lent, refused, and closed.
    void lose(SlotId slot) { lost_.push_back(slot); }

    void look()
    {
        for (auto actions = policy_.take_actions(); !actions.empty(); actions = policy_.take_actions())
            for (const auto& action : actions) obey(action);
        const auto counts = policy_.counts();
        most_at_once = std::max(most_at_once, away_ ? counts.opening : 0);
        const bool served = counts.idle + counts.lent >= std::max<std::size_t>(1, weather_.min_size);
        if (recovered_at && !floor_at && served) floor_at = now_;
        if (policy_.breaker_open() && counts.waiting > 0) unserved_told = false;
    }
    void obey(const PoolPolicy::Action& action)
    {
        const SlotId slot = action.slot;
        switch (action.what) {
        case What::open:
            ++attempts_;
            later(weather_.attempt_takes, [this, slot] {
                if (away_) return policy_.open_failed(slot, now_);
                idle_.push_back(slot);
                policy_.opened(slot, now_);
            });
            break;
        case What::close:
            std::erase(idle_, slot);
            later(1ms, [this, slot] { policy_.closed(slot, now_); });
            break;
        case What::grant: lend(slot, action.waiter); break;
        case What::outage: outage_at = now_; break;
        case What::recovered: recovered_at = now_; break;
        case What::fail: told_last = now_; break;
        default: break;
        }
    }
    void lend(SlotId slot, WaiterId waiter)
    {
        if (std::erase(lost_, slot) > 0) return policy_.refused(slot, waiter, now_ + 10s, now_);
        later(1ms, [this, slot] { policy_.released(slot, {}, now_); });
    }

    Weather weather_;
    Time now_{Duration(1h)};
    PoolPolicy policy_;
    std::priority_queue<Due> due_;
    std::uint64_t order_ = 0, age_ = 0;
    std::vector<SlotId> idle_, lost_;
    bool away_ = false;
    std::size_t attempts_ = 0;
};

/// Every kind of weather, each with some seeds for the jitter.
class OutagePolicy : public ::testing::Test {
protected:
    void in_all_weathers(const std::function<void(Weather, const std::string&)>& see)
    {
        for (const auto& [min_size, max_size] : {std::pair{0, 1}, {0, 20}, {5, 20}, {20, 20}})
            for (const Duration takes : {Duration(0), Duration(10ms), Duration(300ms)})
                for (const Duration between : {Duration(0), Duration(10ms), Duration(700ms)})
                    for (const std::size_t at_once : {0, 1, 200})
                        for (const bool warm : {true, false})
                            for (std::uint64_t seed = 1; seed <= 5; ++seed) {
                                if (!warm && at_once == 0 && between == 0s) continue; // nobody wants anything
                                const std::string story = std::to_string(min_size) + " to " + std::to_string(max_size) +
                                                          ", attempts take " + std::to_string(takes / 1ms) +
                                                          " ms, a caller each " + std::to_string(between / 1ms) +
                                                          " ms, " + std::to_string(at_once) + " at once, " +
                                                          (warm ? "warm" : "cold") + ", seed " + std::to_string(seed);
                                see({static_cast<std::size_t>(min_size), static_cast<std::size_t>(max_size), takes,
                                     between, at_once, warm, seed},
                                    story);
                            }
    }
};

TEST_F(OutagePolicy, a_minute_without_a_database_costs_few_attempts)
{
    std::size_t most = 0;
    in_all_weathers([&](Weather weather, const std::string& story) {
        Outage outage(weather);
        outage.last(60s);
        EXPECT_LE(outage.attempts(), attempts_in_a_minute_max) << story;
        most = std::max(most, outage.attempts());
    });
    RecordProperty("most_attempts", static_cast<int>(most));
    EXPECT_GE(most, 10u) << "nobody tries, or nothing is measured";
}

TEST_F(OutagePolicy, who_waits_is_told_when_the_breaker_opens_and_who_comes_later_at_once)
{
    in_all_weathers([&](Weather weather, const std::string& story) {
        if (weather.between_callers == 0s && weather.callers_at_once == 0) return;
        Outage outage(weather);
        outage.last(20s);
        ASSERT_TRUE(outage.outage_at) << story;
        ASSERT_TRUE(outage.told_last) << story;
        EXPECT_TRUE(outage.unserved_told) << story;
        if (weather.between_callers == 0s) EXPECT_LE(*outage.told_last - *outage.outage_at, told_within) << story;
    });
}

/// One connection has outlived the rest, so the breaker stays closed and callers may hope for it.
TEST(OutageAttempts, are_few_too_while_somebody_keeps_a_connection)
{
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        PoolPolicy policy(PoolPolicy::Limits(), seed);
        Time now{1h};
        policy.acquire(now, now + 10s);
        std::size_t attempts = 0;
        for (const auto& action : policy.take_actions()) {
            if (++attempts == 1) policy.opened(action.slot, now);
            else policy.open_failed(action.slot, now);
        }
        for (const Time end = now + 60s; now < end;) {
            policy.acquire(now, now + 10s);
            for (auto actions = policy.take_actions(); !actions.empty(); actions = policy.take_actions())
                for (const auto& action : actions)
                    if (action.what == What::open) ++attempts, policy.open_failed(action.slot, now);
            now = std::min(std::max(now + 1ms, policy.next_wake()), now + 100ms);
            policy.tick(now);
        }
        EXPECT_FALSE(policy.breaker_open());
        EXPECT_LE(attempts, attempts_in_a_minute_max + 5) << seed; // five of them before it began
        EXPECT_GE(attempts, 10u) << seed;
    }
}

/// Told in the same breath, and not when each of them looks at his own clock.
TEST(OutageOrder, whoever_waits_is_told_right_behind_the_outage_itself)
{
    PoolPolicy::Limits limits;
    limits.min_size = 1;
    PoolPolicy policy(limits, 3);
    Time now{1h};
    std::vector<WaiterId> waiting;
    for (int i = 0; i < 30; ++i) waiting.push_back(policy.acquire(now, now + 10s));
    for (const Time end = now + 10s; now < end && !policy.breaker_open();) {
        for (const auto& action : policy.take_actions())
            if (action.what == What::open) policy.open_failed(action.slot, now);
        if (policy.has_actions()) continue;
        now = std::max(now, policy.next_wake());
        policy.tick(now);
    }
    ASSERT_TRUE(policy.breaker_open());
    const auto actions = policy.take_actions();
    ASSERT_EQ(actions.size(), 1 + waiting.size());
    EXPECT_EQ(actions[0].what, What::outage);
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        EXPECT_EQ(actions[i + 1].what, What::fail);
        EXPECT_EQ(actions[i + 1].waiter, waiting[i]);
    }
}

TEST_F(OutagePolicy, the_floor_is_back_within_a_second_of_recovery)
{
    in_all_weathers([&](Weather weather, const std::string& story) {
        if (weather.attempt_takes > 10ms || weather.callers_at_once == 1) return; // slow start takes five times as long
        Outage outage(weather);
        outage.last(20s);
        outage.end();
        if (!outage.outage_at) return; // nobody noticed
        ASSERT_TRUE(outage.recovered_at) << story;
        ASSERT_TRUE(outage.floor_at) << story;
        EXPECT_LE(*outage.floor_at - *outage.recovered_at, floor_within) << story;
    });
}

} // namespace
} // namespace trunkline::db::detail
