// SPDX-License-Identifier: MIT
#pragma once

#include <mirror/delivery.hpp>

namespace trunkline::mirror {

/// How many rows equal to the letters in doubt are known to have been delivered, by fingerprint.
asio::awaitable<std::map<std::string, std::int64_t>> delivered_equals(db::Executor& db, std::string target,
                                                                      std::span<const Letter> letters);

/// Notes that these letters were delivered, in the outbox and by their fingerprints, as one unit. A letter whose lease
/// was lost is left to whoever has it now.
asio::awaitable<void> note_delivered(db::Executor& db, std::string target, std::span<const Letter* const> letters,
                                     Time now);

} // namespace trunkline::mirror
