// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/extractor.hpp>
#include <trunkline/db/executor.hpp>

namespace trunkline::extraction {

namespace asio = boost::asio;

/// A conversation as it is read for the CRM.
struct StoredConversation {
    std::int64_t last_seq = 0;
    std::optional<std::string> customer;     ///< the owner's address, when he is a customer
    std::string team_member;                 ///< the owner's address when he is staff, else "system"
    std::vector<TranscriptMessage> messages; ///< the newest of them, as many as are read
};

/// Nothing when it is deleted. Two short reads; the second may see messages that the first does not count.
asio::awaitable<std::optional<StoredConversation>> stored_conversation(db::Executor& db, const db::Uuid& conversation);

/// Keeps the conversation from being deleted, and from being entered twice at once, until the transaction ends.
/// False when it is gone.
asio::awaitable<bool> lock_conversation(db::Executor& db, const db::Uuid& conversation);

/// Whether the conversation waits to be read, or is being read.
asio::awaitable<bool> is_to_be_read(db::Executor& db, const db::Uuid& tenant, const db::Uuid& conversation);

} // namespace trunkline::extraction
