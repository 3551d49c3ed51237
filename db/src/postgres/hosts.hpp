// SPDX-License-Identifier: MIT
#pragma once

#include "postgres/target.hpp"
#include "postgres/wire.hpp"

#include <trunkline/db/options.hpp>

#include <map>
#include <random>

namespace trunkline::db::postgres {

/// What is remembered of hosts from one log-in to the next: one that did not answer at all costs its share of the time
/// once, and is tried behind the others for half a minute.
class Acquaintance {
public:
    void kept_us_waiting(const Host& host);
    /// Puts `hosts` in the order in which they are to be tried.
    void arrange(std::vector<Host>& hosts, bool in_any_order);

private:
    std::map<std::string, Deadline> silent_until_;
    std::minstd_rand random_{std::random_device{}()};
};

/// What is looked for.
struct Search {
    std::vector<Host> hosts;
    std::string wanted;         ///< target_session_attrs
    Keywords keywords;          ///< for each of them
    Acquaintance* acquaintance; ///< is told who did not answer; may be none
};

/// What libpq is told besides the host.
Keywords log_in_keywords(const Options& options);

/// Logs in at the first host that answers and is what is wanted. One after another, as libpq would, but each has its
/// share of the time that is left, so that a dead one does not eat it all; a refusal of the user (class 28) ends the
/// search. `prefer-standby` goes once more to those that let us in, when none of them was a standby.
///
/// Throws ConnectFailed; with several hosts it says what became of each.
///
/// REQUIRES: it runs within `on_its_own_terms`, and outlives neither `wire` nor `search`.
asio::awaitable<void> connect_to_one(Wire& wire, const Search& search, Deadline deadline);

} // namespace trunkline::db::postgres
