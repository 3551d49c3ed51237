// SPDX-License-Identifier: MIT
#pragma once

#include <mirror/copier.hpp>

#include <boost/describe/enum.hpp>

namespace trunkline::mirror {

/// off: switched off. ok: nothing is wrong. retrying: the server is there, and something waits for another attempt.
/// unreachable: the server is not there.
enum class MirrorWord { off, ok, retrying, unreachable };
BOOST_DESCRIBE_ENUM(MirrorWord, off, ok, retrying, unreachable)

/// A message that was given up.
struct MirrorDeadLetter {
    Uuid id;
    Uuid conversation_id;
    std::int64_t seq = 0;
    std::string error;
    std::int64_t attempts = 0;
    Time dead_at;
};
BOOST_DESCRIBE_STRUCT(MirrorDeadLetter, (), (id, conversation_id, seq, error, attempts, dead_at))

/// How the mirror stands, for one tenant.
struct MirrorStatus {
    bool enabled = false;
    MirrorWord state = MirrorWord::off;
    std::int64_t backlog = 0;     ///< messages that wait
    std::int64_t lag_seconds = 0; ///< how long the oldest of them has waited
    std::int64_t delivered = 0;   ///< of the last 30 days
    std::int64_t dead = 0;
    std::optional<std::string> last_error;
    std::optional<Time> next_attempt_at;
    std::vector<MirrorDeadLetter> dead_letters; ///< the newest
};
BOOST_DESCRIBE_STRUCT(MirrorStatus, (),
                      (enabled, state, backlog, lag_seconds, delivered, dead, last_error, next_attempt_at,
                       dead_letters))

inline constexpr std::int64_t dead_letters_shown_max = 50;

asio::awaitable<MirrorStatus> mirror_status(db::Executor& db, const Copier& copier, Uuid tenant, Time now);

} // namespace trunkline::mirror
