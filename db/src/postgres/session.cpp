// SPDX-License-Identifier: MIT
#include "postgres/session.hpp"

namespace trunkline::db::postgres {

std::string begin_text(const TransactionOptions& options, Isolation server_default)
{
    std::string text = "BEGIN";
    if (options.isolation.value_or(server_default) != server_default) {
        switch (*options.isolation) {
        case Isolation::read_committed: text += " ISOLATION LEVEL READ COMMITTED"; break;
        case Isolation::repeatable_read: text += " ISOLATION LEVEL REPEATABLE READ"; break;
        case Isolation::serializable: text += " ISOLATION LEVEL SERIALIZABLE"; break;
        }
    }
    if (options.read_only) text += " READ ONLY";
    return text;
}

Isolation isolation_named(std::string_view name)
{
    if (name == "serializable") return Isolation::serializable;
    if (name == "repeatable read") return Isolation::repeatable_read;
    return Isolation::read_committed; // PostgreSQL's read uncommitted is the same
}

std::vector<std::string> reset_texts(const Session& session)
{
    // Settings first: a statement_timeout that was left behind must not hit the rest.
    std::vector<std::string> texts{"SET SESSION AUTHORIZATION DEFAULT", "RESET ALL"};
    texts.insert(texts.end(), session.settings.begin(), session.settings.end());
    for (const char* text :
         {"CLOSE ALL", "UNLISTEN *", "SELECT pg_advisory_unlock_all()", "DISCARD TEMP", "DISCARD SEQUENCES"})
        texts.emplace_back(text);
    return texts;
}

} // namespace trunkline::db::postgres
