// SPDX-License-Identifier: MIT
#include "postgres/turn.hpp"

#include <algorithm>

namespace trunkline::db::postgres {

namespace {

bool send_execution(PGconn* connection, const Turn::Part& part)
{
    const Submission& call = *part.call;
    const Parameters& with = call.parameters;
    if (part.name.empty())
        return PQsendQueryParams(connection, std::string(call.text).c_str(), with.size(), with.types(), with.values(),
                                 with.lengths(), with.formats(), 0) == 1;
    return PQsendQueryPrepared(connection, part.name.c_str(), with.size(), with.values(), with.lengths(),
                               with.formats(), 0) == 1;
}

bool send_own(PGconn* connection, const Turn::Part& part)
{
    const std::string number = std::to_string(part.number);
    const char* const values[] = {number.c_str()};
    const int arguments = part.kind == Turn::Part::Kind::echo ? 1 : 0;
    if (part.name.empty())
        return PQsendQueryParams(connection, part.text.c_str(), arguments, nullptr, values, nullptr, nullptr, 0) == 1;
    return PQsendQueryPrepared(connection, part.name.c_str(), arguments, values, nullptr, nullptr, 0) == 1;
}

bool send_part(PGconn* connection, const Turn::Part& part)
{
    switch (part.kind) {
    case Turn::Part::Kind::execution: return send_execution(connection, part);
    case Turn::Part::Kind::preparation:
        return PQsendPrepare(connection, part.name.c_str(), part.text.c_str(),
                             part.call ? part.call->parameters.size() : 0,
                             part.call ? part.call->parameters.types() : nullptr) == 1;
    case Turn::Part::Kind::own:
    case Turn::Part::Kind::read_only:
    case Turn::Part::Kind::echo: break;
    }
    return send_own(connection, part);
}

bool is_cell(const PGresult* reply, std::string_view wanted)
{
    return PQresultStatus(reply) == PGRES_TUPLES_OK && PQntuples(reply) == 1 && PQnfields(reply) == 1 &&
           PQgetvalue(reply, 0, 0) == wanted;
}

} // namespace

bool Turn::send(PGconn* connection) const
{
    return std::ranges::all_of(parts, [connection](const Part& part) { return send_part(connection, part); }) &&
           PQpipelineSync(connection) == 1;
}

bool Turn::unwanted() const noexcept
{
    return std::ranges::any_of(calls, [](const auto& call) { return call->unwanted(); });
}

bool Turn::take(ResultPtr reply, db::detail::ColumnLists& lists)
{
    if (is_copy(reply.get()) || !holds_together(reply.get())) return false;
    if (PQresultStatus(reply.get()) == PGRES_PIPELINE_ABORTED) return failed && next++ < parts.size();
    if (failed) return false;
    if (postgres::failed(reply.get())) return take_refusal(std::move(reply));
    if (next == parts.size()) return false; // an answer to no question
    return take_answer(parts[next++], std::move(reply), lists);
}

/// Of a part, or of the commit that a Sync is: behind the last part only that can fail.
bool Turn::take_refusal(ResultPtr reply)
{
    failed = true;
    const bool executing = next < parts.size() && parts[next].kind == Part::Kind::execution;
    next = std::min(next + 1, parts.size());
    if (calls.size() == 1) (executing ? calls.front()->refused : calls.front()->refusal) = std::move(reply);
    return !calls.empty() || !must_succeed;
}

bool Turn::take_answer(Part& part, ResultPtr reply, db::detail::ColumnLists& lists)
{
    part.done = true;
    switch (part.kind) {
    case Part::Kind::own:
    case Part::Kind::preparation: return true;
    case Part::Kind::read_only: return is_cell(reply.get(), "on");
    case Part::Kind::echo: return is_cell(reply.get(), std::to_string(part.number));
    case Part::Kind::execution: part.call->read(reply.get(), lists); return true;
    }
    return false;
}

} // namespace trunkline::db::postgres
