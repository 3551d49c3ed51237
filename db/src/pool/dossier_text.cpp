// SPDX-License-Identifier: MIT
// What a dossier says to a person.
#include "dossier.hpp"

#include "report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace trunkline::db::detail {

namespace {

constexpr std::size_t holders_shown_max = 10;

std::string number(double value)
{
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), value < 10 ? "%.1f" : "%.0f", value);
    return text.data();
}

std::string connections(std::size_t count)
{
    return count == 1 ? "1 connection" : std::to_string(count) + " connections";
}

bool refused_log_in(const AcquireDossier& dossier) { return dossier.connect_sqlstate.starts_with("28"); }

std::string reason(const AcquireDossier& dossier)
{
    switch (dossier.cause) {
    case AcquireCause::leak: return "somebody keeps connections without using them (a leak)";
    case AcquireCause::idle_holders:
        return "those who have the connections sit between statements and wait for something else";
    case AcquireCause::slow_holders: return "those who have the connections take long";
    case AcquireCause::nested: return "tasks that keep a connection wait for a second one, and so for each other";
    case AcquireCause::connect_failing:
        return dossier.connect_error.empty() ? "the server does not answer who wants to connect"
                                             : "connections cannot be opened";
    case AcquireCause::slow_connects: return "connections take long to open";
    case AcquireCause::backlog: return "more is asked for than the pool can serve in that time (a backlog)";
    case AcquireCause::unknown: break;
    }
    return "of a reason that is not known";
}

std::string the_line(const AcquireDossier& dossier)
{
    std::string text = std::to_string(dossier.in_use) + " of " + std::to_string(dossier.max_size) + " in use, " +
                       std::to_string(dossier.opening) + " opening";
    if (dossier.closing > 0) text += ", " + std::to_string(dossier.closing) + " closing";
    text += ", " + std::to_string(dossier.waiting) + " others waiting; this call came as number " +
            std::to_string(dossier.place_in_line) + " in line";
    if (dossier.ahead > 0) text += " and had " + std::to_string(dossier.ahead) + " ahead of it at the end";
    return text;
}

std::string the_traffic(const AcquireDossier& dossier)
{
    if (dossier.window <= AcquireDossier::Duration::zero()) return {};
    std::string text = "; in the last " + describe(dossier.window) + " " + number(dossier.arrivals_per_second) +
                       " calls a second came and " + number(dossier.served_per_second) + " were done";
    if (dossier.held) text += ", each in " + describe(*dossier.held) + " on average";
    return text;
}

std::string the_holders(const AcquireDossier& dossier)
{
    std::string text;
    for (std::size_t i = 0; i < dossier.holders.size() && i < holders_shown_max; ++i)
        text += (i == 0 ? "; held by " : ", ") + describe(dossier.holders[i]);
    if (dossier.holders.size() > holders_shown_max)
        text += " and " + std::to_string(dossier.holders.size() - holders_shown_max) + " more";
    return text;
}

std::string the_way_there(const AcquireDossier& dossier)
{
    std::string text;
    if (!dossier.connect_error.empty())
        text += "; last failure to connect, " + describe(dossier.connect_error_age) + " ago: " + dossier.connect_error;
    if (dossier.oldest_attempt && *dossier.oldest_attempt >= dossier.waited / 2)
        text += "; an attempt to connect has been under way for " + describe(*dossier.oldest_attempt);
    if (dossier.cause == AcquireCause::slow_connects && dossier.connect_time)
        text += "; to connect takes " + describe(*dossier.connect_time) + " on average";
    return text;
}

std::string advice_on_connecting(const AcquireDossier& dossier)
{
    if (dossier.connect_error.empty())
        return "Look whether the server hangs, or something in between swallows what is sent to it.";
    if (refused_log_in(dossier)) return "Check user and password, and what the server allows them.";
    if (dossier.connect_sqlstate == "53300")
        return "The server has no connection left: lower max_size here or in other programs, or raise what it allows.";
    if (dossier.connect_sqlstate == "3D000") return "Check the name of the database.";
    if (dossier.connect_sqlstate == "57P03") return "The server is starting or stopping: wait for it.";
    return "Check that the server runs, and the host and port of the database URL.";
}

/// Where the connection was taken that was forgotten for the longest.
std::source_location leaked_from(const AcquireDossier& dossier)
{
    const auto leaked = [&](const Holder& holder) { return !holder.shared && has_leaked(holder, dossier); };
    const auto found = std::ranges::find_if(dossier.holders, leaked);
    return found == dossier.holders.end() ? dossier.holders.front().place : found->place;
}

std::string advice(const AcquireDossier& dossier)
{
    switch (dossier.cause) {
    case AcquireCause::leak:
        return "A Connection or Transaction gives itself back when it is destroyed: find what still owns the one of " +
               describe(leaked_from(dossier)) + ".";
    case AcquireCause::idle_holders:
        return "Give a connection back before waiting for anything that is not the database.";
    case AcquireCause::slow_holders:
        return "Make the statements faster, bound them with within(), or give the slow ones a pool of their own.";
    case AcquireCause::nested:
        return "Use the connection that the task keeps (since " + describe(*dossier.keeps) +
               "), or give it back before asking for another.";
    case AcquireCause::connect_failing: return advice_on_connecting(dossier);
    case AcquireCause::slow_connects:
        return "Raise min_size, so that connections are open before they are needed, or look why log-in is slow.";
    case AcquireCause::backlog:
        if (dossier.max_size_needed)
            return "A max_size of " + std::to_string(*dossier.max_size_needed) +
                   " would have served it, if the server can do as much at once; otherwise hold connections more "
                   "briefly, or turn work away earlier.";
        return "Hold connections more briefly, turn work away earlier, or allow more than " +
               connections(dossier.max_size) + ".";
    case AcquireCause::unknown: break;
    }
    return {};
}

} // namespace

std::string describe(const AcquireDossier& dossier)
{
    return "no connection was free within " + describe(dossier.waited) + " for " + describe(dossier.place) +
           ", because " + reason(dossier) + ": " + the_line(dossier) + the_traffic(dossier) + the_holders(dossier) +
           the_way_there(dossier) + ". " + advice(dossier);
}

} // namespace trunkline::db::detail
