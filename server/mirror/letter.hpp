// SPDX-License-Identifier: MIT
#pragma once

#include <base/outcome.hpp>
#include <outbox/mirror_payload.hpp>
#include <outbox/outbox.hpp>

namespace trunkline::mirror {

/// A message on its way to the foreign table: the claimed outbox row, and what it says.
struct Letter {
    outbox::Claimed claim;
    outbox::MirrorPayload payload;
    /// created_at as the column holds it: floored to the second, UTC.
    std::string second;
    /// An attempt before this one may have been applied without our knowing it.
    bool in_doubt() const noexcept { return claim.attempts > 1; }
};

/// Reads a claimed row; a payload that is none is refused.
Outcome<Letter> read_letter(outbox::Claimed claim);

/// "2026-11-21 09:30:00": the second that `time` falls into, in UTC.
std::string sql_second(Time time);

/// What the foreign table shows of a row, as one text: two rows with the same one cannot be told apart there.
/// `target` names the table, so that what was delivered into another does not count.
std::string fingerprint(std::string_view target, std::string_view user_id, std::string_view direction,
                        std::string_view second, std::string_view message_sha256);
std::string fingerprint(std::string_view target, const Letter& letter);

} // namespace trunkline::mirror
