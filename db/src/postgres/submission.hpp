// SPDX-License-Identifier: MIT
#pragma once

#include "postgres/encoding.hpp"
#include "postgres/wire.hpp"

#include "sleeper.hpp"

namespace trunkline::db::postgres {

/// One statement on its way in a Pipeline: what was asked, what came of it, and who waits for that.
struct Submission {
    /// Refuses what cannot be encoded.
    Submission(Query given, Deadline until);
    const Statement& statement() const { return query.statements().front(); }
    /// Nobody wants its answer any more.
    bool unwanted() const noexcept { return late || given_up; }
    /// What the server refused; nothing when it refused nothing.
    const PGresult* verdict() const noexcept { return refusal ? refusal.get() : refused.get(); }

    /// Reads what the statement answered. Its caller does not hear of it before `conclude`.
    void read(const PGresult* reply, db::detail::ColumnLists& lists);
    void begin_anew();

    /// It will not be heard of again: what was read stands, or what was refused.
    void conclude();
    /// The group it was in was stopped because nobody wanted this one any more.
    void conclude_stopped();
    /// It was never sent: its deadline has passed, it was given up, or the connection was lost before.
    void conclude_unsent(const std::string& farewell);
    /// The connection was lost before the reply; `farewell` is what the server said last.
    void conclude_lost(const std::string& farewell);
    [[noreturn]] void refuse_unsent(const std::string& farewell) const;

    Query query;
    std::string_view text; // of the statement
    Parameters parameters;
    Deadline deadline;

    bool sent = false;
    std::string name;                                     // of the prepared statement; empty when it has none
    bool unnamed = false;                                 // its name did not work: it goes without
    std::size_t names_max = static_cast<std::size_t>(-1); // that it bears with on the connection
    int tries = 0;
    std::uint64_t stops_before = 0; // requests to stop that were over when it was sent

    ResultPtr refusal; // of what it needs, or of its commit
    ResultPtr refused; // itself
    std::chrono::nanoseconds took{};
    bool late = false;
    bool given_up = false;

    bool ended = false; // the fields below are there
    std::exception_ptr failure;
    Result result;
    db::detail::SleeperPtr caller;

private:
    [[noreturn]] void refuse() const;
    [[noreturn]] void refuse_stopped() const;
    [[noreturn]] void refuse_lost(const std::string& farewell) const;
};

} // namespace trunkline::db::postgres
