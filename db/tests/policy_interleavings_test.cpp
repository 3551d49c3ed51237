// SPDX-License-Identifier: MIT
#include <pool/policy.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace trunkline::db::detail {
namespace {

using namespace std::chrono_literals;
using What = PoolPolicy::What;
using SlotId = PoolPolicy::SlotId;
using WaiterId = PoolPolicy::WaiterId;
using Time = PoolPolicy::Time;
using Use = PoolPolicy::Use;
using CohortId = PoolPolicy::CohortId;
using News = PoolPolicy::News;

constexpr int steps_for_a_seed = 2'000;
constexpr int seeds_usually = 500;
static_assert(steps_for_a_seed * seeds_usually >= 1'000'000);

/// A world around one policy in which anything happens in any order. It keeps its own books, and whatever the policy
/// does that they do not allow is a broken promise.
class World {
public:
    explicit World(std::uint64_t seed) : random_(seed), limits_(any_limits()), policy_(limits_, seed) { obey(); }

    void run()
    {
        for (int step = 0; step < steps_for_a_seed; ++step) {
            any_event();
            obey();
            check();
        }
        wind_down();
    }

private:
    enum class State { opening, idle, lent, closing, cut };
    struct Place {
        State state = State::opening;
        bool broken = false;
        std::uint64_t queries = 0;
        Use use = Use::alone;
        std::size_t callers = 0; // who have it now
        CohortId cohort{};
    };
    /// Of what was begun up to `through` nothing may be lent from `latest` on.
    struct Useless {
        SlotId through;
        Time latest;
    };
    struct Waiting {
        Time deadline;
        Use use;
    };

    std::uint64_t below(std::uint64_t end) { return random_() % end; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }

    PoolPolicy::Limits any_limits()
    {
        PoolPolicy::Limits limits;
        limits.max_size = 1 + below(8);
        limits.min_size = below(limits.max_size + 1);
        limits.max_queries = one_in(2) ? 0 : 1 + below(50);
        limits.max_idle = std::chrono::milliseconds(1 + below(20'000));
        limits.max_lifetime = std::chrono::milliseconds(one_in(4) ? 0 : 1 + below(60'000));
        limits.leak_warning = std::chrono::milliseconds(below(3) * 5'000);
        if (!one_in(3)) limits.reading = any_seats(limits);
        if (!one_in(3)) limits.writing = any_seats(limits);
        if (!one_in(3)) limits.grouped = any_seats(limits);
        return limits;
    }

    PoolPolicy::Seats any_seats(const PoolPolicy::Limits& limits)
    {
        PoolPolicy::Seats seats;
        seats.slots_max = 1 + below(limits.max_size);
        seats.seats = 1 + below(6);
        seats.spread = 1 + below(seats.seats);
        return seats;
    }

    void promise(bool kept, const std::string& what) const
    {
        if (!kept) throw std::runtime_error(what);
    }

    // -- What happens

    void any_event()
    {
        switch (below(18)) {
        case 0: return start();
        case 1:
        case 2:
        case 3:
        case 4: return arrive();
        case 5: return give_up();
        case 6:
        case 7:
        case 8:
        case 9: return give_back(!one_in(8));
        case 10:
        case 11: return finish_opening(!down_);
        case 12: return finish_closing();
        case 13: return pass(std::chrono::milliseconds(below(200)));
        case 14: return pass(std::chrono::milliseconds(below(one_in(20) ? 100'000 : 3'000)));
        case 15:
            if (one_in(20)) down_ = !down_;
            if (one_in(2'000)) drain();
            return;
        case 16: return hear();
        case 17: return hang_up();
        }
    }

    void start() { policy_.start(now_); }

    void arrive()
    {
        const Time deadline = now_ + std::chrono::milliseconds(below(one_in(4) ? 20 : 10'000));
        const Use use = static_cast<Use>(below(PoolPolicy::uses));
        if (one_in(3)) return come_without_waiting(use);
        const WaiterId waiter = policy_.acquire(now_, deadline, use);
        promise(waiting_.empty() || waiting_.rbegin()->first < waiter, "ids of waiters do not grow");
        waiting_.emplace(waiter,
                         Waiting{deadline, use != Use::alone && seats_of(use).slots_max > 0 ? use : Use::alone});
    }

    void come_without_waiting(Use asked)
    {
        const auto slot = policy_.acquire_now(now_, asked);
        if (!slot) return;
        promise(waiting_.empty(), "somebody is served before those who wait");
        promise(!draining_, "a closed pool lends");
        sit_down(*slot, seats_of(asked).slots_max > 0 ? asked : Use::alone);
    }

    void give_up()
    {
        if (waiting_.empty()) return;
        const auto who = std::next(waiting_.begin(), static_cast<long>(below(waiting_.size())));
        const WaiterId waiter = who->first;
        waiting_.erase(who);
        policy_.leave(waiter, now_);
    }

    std::optional<SlotId> any(State state)
    {
        std::vector<SlotId> found;
        for (const auto& [id, place] : places_)
            if (place.state == state) found.push_back(id);
        if (found.empty()) return std::nullopt;
        return found[below(found.size())];
    }

    void give_back(bool healthy)
    {
        const auto slot = any(State::lent);
        if (!slot) return;
        Place& place = places_.at(*slot);
        place.broken = place.broken || !healthy;
        place.queries += 1 + below(5);
        part(place);
        policy_.released(*slot, {healthy, place.queries}, now_);
    }

    void part(Place& place)
    {
        if (--place.callers > 0) return;
        place.state = State::idle; // unless the policy says otherwise
        place.use = Use::alone;
    }

    void finish_opening(bool well)
    {
        const auto slot = any(State::opening);
        if (!slot) return;
        if (well) {
            Place& place = places_.at(*slot);
            place.state = State::idle;
            place.cohort = CohortId{below(3)};
            policy_.opened(*slot, now_, place.cohort);
        } else {
            places_.erase(*slot);
            policy_.open_failed(*slot, now_);
        }
    }

    void finish_closing()
    {
        auto slot = any(State::closing);
        if (!slot) slot = any(State::cut);
        if (!slot) return;
        places_.erase(*slot);
        policy_.closed(*slot, now_);
    }

    /// A connection tells that its server has changed.
    void hear()
    {
        const auto slot = any(one_in(2) ? State::lent : State::idle);
        if (!slot) return;
        const bool useless = one_in(2);
        policy_.heard(*slot, useless ? News::read_only : News::leaving, now_);
        if (!useless) return;
        const CohortId cohort = places_.at(*slot).cohort;
        auto& news = useless_[cohort];
        if (std::ranges::any_of(news, [&](const Useless& known) { return *slot <= known.through; })) return;
        const auto pause = news.empty() ? 0s : limits_.cohort_pause_max;
        news.push_back({places_.rbegin()->first, now_ + pause});
    }

    void hang_up()
    {
        const auto slot = any(State::idle);
        if (!slot) return;
        policy_.lost(*slot, now_);
        places_.at(*slot).broken = true;
    }

    void pass(std::chrono::steady_clock::duration time)
    {
        const Time until = now_ + time;
        while (policy_.next_wake() <= until) {
            now_ = std::max(now_, policy_.next_wake());
            policy_.tick(now_);
            obey();
            promise(policy_.next_wake() > now_, "it wakes and wakes without doing anything");
        }
        now_ = until;
    }

    void drain()
    {
        draining_ = true;
        policy_.drain(now_, now_ + std::chrono::milliseconds(below(30'000)));
    }

    // -- What the policy wants

    void obey()
    {
        found_broken_.clear();
        sent_back_.clear();
        for (auto actions = policy_.take_actions(); !actions.empty(); actions = policy_.take_actions())
            for (const auto& action : actions) obey(action);
    }

    void obey(const PoolPolicy::Action& action)
    {
        switch (action.what) {
        case What::open:
            promise(places_.emplace(action.slot, Place{}).second, "a slot is opened twice");
            promise(places_.size() <= limits_.max_size, "more connections than max_size");
            return;
        case What::stop_open:
            return expect(action.slot, State::opening, State::opening, "what does not open is stopped");
        case What::close: return expect(action.slot, State::idle, State::closing, "what is not idle is closed");
        case What::cut: return expect(action.slot, State::lent, State::cut, "what is not lent is cut");
        case What::grant: return grant(action);
        case What::time_out:
            promise(waiting_.contains(action.waiter), "somebody who does not wait is timed out");
            promise(waiting_.at(action.waiter).deadline <= now_, "somebody is timed out too early");
            waiting_.erase(action.waiter);
            return;
        case What::fail: promise(down_seen_, "somebody is failed without an outage"); return answer(action.waiter);
        case What::turn_away:
            promise(draining_, "somebody is turned away from an open pool");
            return answer(action.waiter);
        case What::warn: return expect(action.slot, State::lent, State::lent, "a warning for what is not lent");
        case What::outage: down_seen_ = true; return;
        case What::recovered: down_seen_ = false; return;
        }
    }

    void expect(SlotId slot, State is, State becomes, const char* otherwise)
    {
        const auto found = places_.find(slot);
        promise(found != places_.end() && found->second.state == is, otherwise);
        found->second.state = becomes;
    }

    void grant(const PoolPolicy::Action& action)
    {
        promise(waiting_.contains(action.waiter), "a slot is lent to somebody who does not wait");
        const Waiting waiter = waiting_.at(action.waiter);
        Place& place = places_.at(action.slot);
        // Two may have been sent there before the first of them found out.
        promise(!place.broken || found_broken_.contains(action.slot), "a broken connection is lent");
        const bool joins = place.state == State::lent;
        if (!place.broken) in_turn(action.waiter, waiter.use, joins);
        sit_down(action.slot, waiter.use);
        if (place.broken || one_in(10)) {
            place.broken = true;
            found_broken_.insert(action.slot);
            sent_back_.insert(action.waiter);
            part(place);
            return policy_.refused(action.slot, action.waiter, waiter.deadline, now_, waiter.use);
        }
        waiting_.erase(action.waiter);
    }

    void sit_down(SlotId slot, Use use)
    {
        Place& place = places_.at(slot);
        for (const Useless& known : useless_[place.cohort])
            promise(slot > known.through || now_ < known.latest, "a slot is lent whose server takes no writes");
        if (place.state == State::lent) {
            promise(use != Use::alone && place.use == use, "a slot is shared with somebody who does not");
            promise(place.callers < seats_of(use).seats, "a slot has more callers than seats");
        } else {
            promise(place.state == State::idle, "a slot is lent that is not idle");
            place.state = State::lent;
            place.use = use;
        }
        ++place.callers;
        promise(use == Use::alone || lines(use) <= seats_of(use).slots_max, "too many are shared");
    }

    /// First in, first out; only who has use for a seat may pass those who have none, and only while half of the slots
    /// come back to them: for a seat that is there, or to be the first on a slot that others can share.
    void in_turn(WaiterId waiter, Use use, bool joins) const
    {
        // Who was sent back just now does not hold up those who were served together with him.
        const auto before = [&](const auto& one) { return one.first < waiter && !sent_back_.contains(one.first); };
        if (std::ranges::none_of(waiting_, before)) return;
        promise(joins || (use != Use::alone && lines(use) == 0), "somebody is served before his turn");
        const std::size_t serving = count(State::idle) + count(State::lent);
        promise(2 * (lines() + (joins ? 0 : 1)) <= serving, "those who share let nobody in");
        for (const auto& [earlier, how] : waiting_)
            promise(earlier >= waiter || how.use != use || sent_back_.contains(earlier),
                    "somebody passes another who wants the same");
    }

    const PoolPolicy::Seats& seats_of(Use use) const
    {
        static const PoolPolicy::Seats none;
        switch (use) {
        case Use::alone: return none;
        case Use::reading: return limits_.reading;
        case Use::writing: return limits_.writing;
        case Use::grouped: return limits_.grouped;
        }
        return none;
    }

    std::size_t lines(Use use) const
    {
        return static_cast<std::size_t>(std::ranges::count_if(places_, [use](const auto& place) {
            return place.second.state == State::lent && place.second.use == use;
        }));
    }

    std::size_t lines() const { return lines(Use::reading) + lines(Use::writing) + lines(Use::grouped); }

    void answer(WaiterId waiter) { promise(waiting_.erase(waiter) == 1, "somebody who does not wait is answered"); }

    // -- What always holds

    std::size_t count(State state) const
    {
        return static_cast<std::size_t>(
            std::ranges::count_if(places_, [&](const auto& place) { return place.second.state == state; }));
    }

    void check() const
    {
        const auto counts = policy_.counts();
        promise(counts.opening == count(State::opening), "the opening ones are miscounted");
        promise(counts.idle == count(State::idle), "the idle ones are miscounted");
        promise(counts.lent == count(State::lent), "the lent ones are miscounted");
        promise(counts.closing == count(State::closing) + count(State::cut), "the closing ones are miscounted");
        promise(counts.waiting == waiting_.size(), "the waiting ones are miscounted");
        promise(counts.shared == lines(), "the shared ones are miscounted");
        if (!waiting_.empty())
            promise(waiting_.begin()->second.use != Use::alone || counts.idle == 0,
                    "somebody waits beside an idle connection");
        for (const auto& [waiter, how] : waiting_) promise(how.deadline > now_, "somebody waits past his deadline");
        promise(waiting_.empty() || policy_.next_wake() <= first_deadline(), "it would sleep through a deadline");
        for (const auto& [id, place] : places_)
            promise(!place.broken || place.state == State::closing || place.callers > 0 || place.state == State::cut,
                    "a broken connection is kept");
    }

    Time first_deadline() const
    {
        Time first = Time::max();
        for (const auto& [waiter, how] : waiting_) first = std::min(first, how.deadline);
        return first;
    }

    // -- The end

    /// When all is well again everybody is served and the floor is there; after a drain nothing is left.
    void wind_down()
    {
        down_ = false;
        if (!draining_) {
            start();
            obey();
            settle_down();
            promise(waiting_.empty(), "somebody is never served");
            promise(count(State::idle) >= limits_.min_size, "the floor is not kept");
            drain();
        }
        obey();
        settle_down();
        pass(1min);
        settle_down();
        promise(policy_.drained() && places_.empty() && waiting_.empty(), "something is left after the drain");
    }

    void settle_down()
    {
        for (int round = 0; round < 200; ++round) {
            while (any(State::closing) || any(State::cut)) finish_closing(), obey();
            while (any(State::opening)) finish_opening(true), obey();
            while (any(State::lent)) give_back(true), obey();
            check();
            pass(100ms);
        }
        while (any(State::lent)) give_back(true), obey();
        while (any(State::closing) || any(State::opening)) finish_closing(), obey(), finish_opening(true), obey();
    }

    std::mt19937_64 random_;
    PoolPolicy::Limits limits_;
    PoolPolicy policy_;
    Time now_{1h};
    std::map<SlotId, Place> places_;
    std::map<WaiterId, Waiting> waiting_;
    std::set<SlotId> found_broken_; // by those who were just sent there
    std::set<WaiterId> sent_back_;
    std::map<CohortId, std::vector<Useless>> useless_;
    bool down_ = false;
    bool down_seen_ = false;
    bool draining_ = false;
};

std::uint64_t number_from(const char* variable, std::uint64_t otherwise)
{
    const char* text = std::getenv(variable);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(PolicyInterleavings, every_promise_holds_in_any_order_of_events)
{
    const std::uint64_t only = number_from("TRUNKLINE_SEED", 0);
    const std::uint64_t first = only != 0 ? only : 1;
    const std::uint64_t seeds = only != 0 ? 1 : number_from("TRUNKLINE_INTERLEAVINGS", seeds_usually);
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        try {
            World(seed).run();
        } catch (const std::exception& broken) {
            FAIL() << broken.what() << "; again with TRUNKLINE_SEED=" << seed;
        }
    }
}

} // namespace
} // namespace trunkline::db::detail
