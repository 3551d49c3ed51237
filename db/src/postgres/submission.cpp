// SPDX-License-Identifier: MIT
#include "postgres/submission.hpp"

#include "postgres/refusal.hpp"
#include "postgres/trip.hpp"

namespace trunkline::db::postgres {

Submission::Submission(Query given, Deadline until)
    : query(std::move(given)), text(text_of(statement())), parameters(encode(statement())), deadline(until)
{
    if (query.options()) names_max = query.options()->names_max();
}

void Submission::begin_anew()
{
    refusal.reset();
    refused.reset();
    failure = nullptr;
}

void Submission::read(const PGresult* reply, db::detail::ColumnLists& lists)
{
    try {
        result = read_result(reply, statement(), lists);
    } catch (...) {
        failure = std::current_exception();
    }
}

void Submission::conclude()
{
    try {
        if (given_up) throw_cancelled();
        if (verdict()) refuse();
    } catch (...) {
        failure = std::current_exception();
    }
}

void Submission::conclude_stopped()
{
    try {
        refuse_stopped();
    } catch (...) {
        failure = std::current_exception();
    }
}

void Submission::conclude_unsent(const std::string& farewell)
{
    try {
        refuse_unsent(farewell);
    } catch (...) {
        failure = std::current_exception();
    }
}

void Submission::conclude_lost(const std::string& farewell)
{
    try {
        refuse_lost(farewell);
    } catch (...) {
        failure = std::current_exception();
    }
}

void Submission::refuse() const
{
    ErrorInfo info = describe_refusal(verdict());
    describe_statement(info, statement());
    if (late && info.sqlstate == "57014") info.message = "the statement ran past its deadline and was stopped";
    throw_error(std::move(info));
}

void Submission::refuse_stopped() const
{
    if (given_up) throw_cancelled();
    ErrorInfo info;
    describe_statement(info, statement());
    info.outcome = Outcome::rejected;
    info.message = "the statement ran past its deadline and was stopped";
    info.sqlstate = "57014";
    throw CommandTimeout(std::move(info));
}

void Submission::refuse_unsent(const std::string& farewell) const
{
    if (given_up) throw_cancelled();
    ErrorInfo info;
    describe_statement(info, statement());
    if (late) {
        info.message = "the deadline had passed before the statement was sent";
        info.sqlstate = "57014";
        throw CommandTimeout(std::move(info));
    }
    info.message = "the connection to the database was closed";
    info.sqlstate = farewell.empty() ? "08006" : farewell;
    throw ConnectionLost(std::move(info));
}

void Submission::refuse_lost(const std::string& farewell) const
{
    if (given_up) throw_cancelled();
    ErrorInfo info;
    describe_statement(info, statement());
    info.outcome = Outcome::unknown;
    if (late) {
        info.message = "the statement ran past its deadline and the server did not say what became of it";
        info.sqlstate = "57014";
        throw CommandTimeout(std::move(info));
    }
    info.message = "the connection to the database was lost";
    info.sqlstate = farewell.empty() ? "08006" : farewell;
    throw ConnectionLost(std::move(info));
}

} // namespace trunkline::db::postgres
