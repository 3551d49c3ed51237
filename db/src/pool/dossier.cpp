// SPDX-License-Identifier: MIT
#include "dossier.hpp"

#include <algorithm>
#include <cmath>

namespace trunkline::db {

std::string_view to_string(AcquireCause cause) noexcept
{
    switch (cause) {
    case AcquireCause::leak: return "leak";
    case AcquireCause::idle_holders: return "idle_holders";
    case AcquireCause::slow_holders: return "slow_holders";
    case AcquireCause::nested: return "nested";
    case AcquireCause::connect_failing: return "connect_failing";
    case AcquireCause::slow_connects: return "slow_connects";
    case AcquireCause::backlog: return "backlog";
    case AcquireCause::unknown: break;
    }
    return "unknown";
}

namespace detail {

namespace {

using Duration = AcquireDossier::Duration;

constexpr double served_enough = 10; // to speak of an average
constexpr int unusual = 4;           // times the average

/// The connections that are lent, by what is the matter with whoever has them.
struct Seats {
    std::size_t leaked = 0;
    std::size_t idle = 0;
    std::size_t slow = 0;
    std::size_t turning = 0; // taken during the wait, or not for unusually long

    std::size_t stuck() const { return leaked + idle + slow; }
};

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

/// What callers are willing to wait here, if not this one.
Duration patience(const AcquireDossier& facts) { return std::max(facts.waited, facts.acquire_timeout); }

} // namespace

bool has_leaked(const Holder& holder, const AcquireDossier& facts)
{
    return !holder.running && facts.leak_after > Duration::zero() && holder.state_age >= facts.leak_after;
}

namespace {

bool stands_in_the_way(const Holder& holder, const AcquireDossier& facts)
{
    if (holder.age < facts.waited) return false;
    return !facts.held || holder.age >= unusual * *facts.held || holder.age >= patience(facts) / 2;
}

Seats seats_of(const AcquireDossier& facts)
{
    Seats seats;
    for (const Holder& holder : facts.holders) {
        if (holder.shared) continue;
        if (has_leaked(holder, facts)) ++seats.leaked;
        else if (!stands_in_the_way(holder, facts)) continue;
        else if (!holder.running && holder.state_age >= facts.waited / 2) ++seats.idle;
        else ++seats.slow;
    }
    seats.turning = facts.in_use - std::min(facts.in_use, seats.stuck());
    return seats;
}

/// How many connections are in use on average if nobody has to wait: Little's law.
std::optional<double> offered_load(const AcquireDossier& facts)
{
    if (!facts.held || facts.served_per_second * seconds(facts.window) < served_enough) return std::nullopt;
    return facts.alone_per_second * seconds(*facts.held);
}

bool below_ceiling(const AcquireDossier& facts) { return facts.in_use + facts.idle + facts.closing < facts.max_size; }

/// True when an attempt to connect has been under way for so long that the server cannot be said to be slow.
bool unanswered(const AcquireDossier& facts)
{
    if (!facts.oldest_attempt || *facts.oldest_attempt < facts.waited / 10 * 9) return false;
    if (facts.connect_time) return *facts.oldest_attempt >= unusual * *facts.connect_time;
    return *facts.oldest_attempt >= patience(facts) / 2;
}

bool takes_long_to_connect(const AcquireDossier& facts)
{
    return facts.oldest_attempt && *facts.oldest_attempt >= facts.waited / 2;
}

bool waits_for_itself(const AcquireDossier& facts)
{
    const auto more = std::ranges::count(facts.holders, true, &Holder::waits_for_another);
    return facts.keeps && 2 * static_cast<std::size_t>(more) >= facts.in_use;
}

/// True when there would have been room for what comes in, had those who stand in the way not been there.
bool would_fit_without(const Seats& seats, const AcquireDossier& facts)
{
    const auto load = offered_load(facts);
    const auto max_size = static_cast<double>(facts.max_size);
    if (seats.turning == 0) return true;
    if (!load) return seats.stuck() >= seats.turning;
    return *load <= max_size && *load > max_size - static_cast<double>(seats.stuck());
}

} // namespace

AcquireCause cause_of(const AcquireDossier& facts)
{
    if (below_ceiling(facts)) {
        if (!facts.connect_error.empty() || unanswered(facts)) return AcquireCause::connect_failing;
        if (takes_long_to_connect(facts)) return AcquireCause::slow_connects;
    }
    if (waits_for_itself(facts)) return AcquireCause::nested;
    const Seats seats = seats_of(facts);
    if (seats.stuck() == 0 || !would_fit_without(seats, facts)) return AcquireCause::backlog;
    if (seats.leaked >= std::max(seats.idle, seats.slow)) return AcquireCause::leak;
    return seats.idle >= seats.slow ? AcquireCause::idle_holders : AcquireCause::slow_holders;
}

std::optional<std::size_t> max_size_needed(const AcquireDossier& facts, AcquireCause cause)
{
    const auto load = offered_load(facts);
    if (cause != AcquireCause::backlog || !load || facts.waited <= Duration::zero()) return std::nullopt;
    // As many as the load keeps busy and one more; and those who were ahead of the caller have to be done in time.
    const double steady = std::floor(*load) + 1;
    const double turn =
        std::ceil(static_cast<double>(facts.place_in_line) * seconds(*facts.held) / seconds(facts.waited));
    std::size_t sharing = 0;
    for (const Holder& holder : facts.holders) sharing += holder.shared ? 0 : 1;
    sharing = facts.in_use - std::min(facts.in_use, sharing); // connections that the load above says nothing of
    const auto needed = static_cast<std::size_t>(std::max(steady, turn)) + seats_of(facts).stuck() + sharing;
    return needed > facts.max_size ? std::optional(needed) : std::nullopt;
}

} // namespace detail
} // namespace trunkline::db
