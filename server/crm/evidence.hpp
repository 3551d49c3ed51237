// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <base/json.hpp>
#include <trunkline/db/executor.hpp>

#include <boost/describe/class.hpp>

namespace trunkline::crm {

/// Where a value of a client came from: the words, to the character. Without a message when it was not said, but
/// known of the one who spoke (his account, the sender of a mail).
struct Evidence {
    Uuid id;
    std::string field; ///< full_name, email, phone, …
    std::string value;
    std::optional<Uuid> conversation_id;
    std::optional<Uuid> message_id;
    std::optional<std::int64_t> message_seq;
    std::int64_t start = 0; ///< in code points of the message
    std::int64_t end = 0;   ///< one after the last
    std::string quote;
    std::string method;
    double confidence = 0; ///< 0 to 1
    Time recorded_at;
};
BOOST_DESCRIBE_STRUCT(Evidence, (),
                      (id, field, value, conversation_id, message_id, message_seq, start, end, quote, method,
                       confidence, recorded_at))

/// The evidence of a client, in the order it was found; of one conversation only when that is given. At most 1,000.
asio::awaitable<std::vector<Evidence>> list_evidence(db::Executor& db, const Uuid& tenant, const Uuid& client,
                                                     std::optional<Uuid> conversation = {});

/// Keeps where values of a client came from, in one trip: each once for each place where it was said. `id` and
/// `recorded_at` of what is given do not count.
asio::awaitable<void> add_evidence(db::Executor& db, const Uuid& tenant, const Uuid& client,
                                   std::vector<Evidence> found, Time now);

/// Whether that field has evidence which begins at that character of the message.
asio::awaitable<bool> has_evidence_at(db::Executor& db, const Uuid& tenant, const Uuid& client, std::string field,
                                      const Uuid& message, std::int64_t start);

} // namespace trunkline::crm
