// SPDX-License-Identifier: MIT
#include "postgres/refusal.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace trunkline::db::postgres {

namespace {

std::string field(const PGresult* result, int which)
{
    const char* found = PQresultErrorField(result, which);
    return found ? found : "";
}

/// From the first quote to the last: a value may hold quotes itself.
std::string without_quoted(std::string message)
{
    const auto first = message.find('"');
    const auto last = message.rfind('"');
    if (first != std::string::npos && first != last) message.replace(first, last - first + 1, "\"…\"");
    return message;
}

bool is_state(std::string_view text)
{
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

} // namespace

ErrorInfo describe_refusal(const PGresult* result)
{
    ErrorInfo info;
    info.sqlstate = field(result, PG_DIAG_SQLSTATE);
    info.message = field(result, PG_DIAG_MESSAGE_PRIMARY);
    info.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
    info.outcome = Outcome::rejected;
    if (info.sqlstate.starts_with("22")) info.message = without_quoted(std::move(info.message));
    return info;
}

std::string state_of(const PGresult* result) { return field(result, PG_DIAG_SQLSTATE); }

void describe_statement(ErrorInfo& info, const Statement& statement)
{
    info.statement = statement.text().on(Engine::postgresql);
    info.place = statement.text().place();
}

LoginRefusal read_login_refusal(std::string_view message)
{
    // "SEVERITY:  SQLSTATE: text"; the severity is in the server's language. The last address tried counts.
    for (auto at = message.rfind(":  "); at != std::string_view::npos;
         at = at ? message.rfind(":  ", at - 1) : at - 1) {
        const auto rest = message.substr(at + 3);
        if (rest.size() > 7 && rest.substr(5, 2) == ": " && is_state(rest.substr(0, 5)))
            return {std::string(first_line(rest.substr(7))), std::string(rest.substr(0, 5))};
        if (at == 0) break;
    }
    return {std::string(first_line(message)), {}};
}

void throw_connect_failed(std::string message, std::string sqlstate)
{
    ErrorInfo info;
    info.message = std::move(message);
    info.sqlstate = std::move(sqlstate);
    info.outcome = Outcome::not_sent;
    throw ConnectFailed(std::move(info));
}

void throw_connect_failed(PGconn* connection)
{
    auto refusal = read_login_refusal(PQerrorMessage(connection));
    if (refusal.sqlstate.empty()) refusal.sqlstate = "08001";
    throw_connect_failed("the database cannot be reached: " + refusal.message, refusal.sqlstate);
}

void throw_connect_timed_out()
{
    throw_connect_failed("the database did not answer in time while connecting", "08001");
}

void throw_cancelled() { throw boost::system::system_error(boost::asio::error::operation_aborted); }

} // namespace trunkline::db::postgres
