// SPDX-License-Identifier: MIT
#include "mysql/session.hpp"

namespace trunkline::db::mysql {

namespace {

std::string_view spelled(Isolation isolation, char gap)
{
    switch (isolation) {
    case Isolation::read_committed: return gap == '-' ? "READ-COMMITTED" : "READ COMMITTED";
    case Isolation::repeatable_read: return gap == '-' ? "REPEATABLE-READ" : "REPEATABLE READ";
    case Isolation::serializable: break;
    }
    return "SERIALIZABLE";
}

} // namespace

std::string Session::settings() const
{
    std::string text = "SET NAMES utf8mb4, time_zone = '+00:00', autocommit = 1, sql_mode = '"
                       "STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
                       "NO_ENGINE_SUBSTITUTION,ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES', ";
    text += mariadb ? "tx_isolation" : "transaction_isolation";
    text += " = '";
    text += spelled(isolation, '-');
    return text + "'";
}

std::vector<std::string> Session::begin_texts(const TransactionOptions& options) const
{
    std::vector<std::string> texts;
    const Isolation wanted = options.isolation.value_or(isolation);
    if (wanted != isolation) texts.push_back("SET TRANSACTION ISOLATION LEVEL " + std::string(spelled(wanted, ' ')));
    texts.emplace_back(options.read_only ? "START TRANSACTION READ ONLY" : "START TRANSACTION");
    return texts;
}

} // namespace trunkline::db::mysql
