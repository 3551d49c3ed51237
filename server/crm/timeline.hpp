// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <base/json.hpp>
#include <http/call.hpp>
#include <trunkline/db/executor.hpp>

namespace trunkline::crm {

/// Something that happened with a client, in words for people.
struct TimelineEntry {
    Time at;
    std::string kind; ///< interaction, case, evidence, change
    std::string title;
    std::optional<std::string> detail;
    Uuid id; ///< of the interaction, case or evidence, or of the change's row of the audit
};
BOOST_DESCRIBE_STRUCT(TimelineEntry, (), (at, kind, title, detail, id))

struct TimelineFilter {
    Bounded<1, 200, 50> limit;
    std::optional<std::string> after; ///< `next` of the page before
};
BOOST_DESCRIBE_STRUCT(TimelineFilter, (), (limit, after))

/// The interactions, cases and evidence of a client and what people changed of him and his cases, newest first.
/// invalid when `after` is none of ours.
asio::awaitable<Outcome<http::Page<TimelineEntry>>> client_timeline(db::Executor& db, const Uuid& tenant,
                                                                    const Uuid& client, const TimelineFilter& filter);

/// What an audit's changes say: "status: lead → active; phone: none → +1977…".
std::string changes_in_words(const json::object& changes);

} // namespace trunkline::crm
