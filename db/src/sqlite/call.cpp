// SPDX-License-Identifier: MIT
#include "call.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace trunkline::db::sqlite {

namespace {

[[noreturn]] void refuse_write(const Statement& statement, std::optional<std::size_t> index)
{
    ErrorInfo info{.message = "the transaction is read-only", .sqlstate = "25006", .outcome = Outcome::rejected};
    add_statement(info, statement, index);
    throw_error(std::move(info));
}

} // namespace

std::exception_ptr gave_up_waiting()
{
    return std::make_exception_ptr(CommandTimeout({.message = "the deadline passed before the statement's turn came",
                                                   .sqlstate = "57014",
                                                   .outcome = Outcome::not_sent}));
}

std::exception_ptr closing_down(Outcome outcome)
{
    return std::make_exception_ptr(
        ConnectionLost({.message = "the database is being closed", .sqlstate = "57P01", .outcome = outcome}));
}

std::exception_ptr gave_up_on_lock()
{
    return std::make_exception_ptr(
        CommandTimeout({.message = "another process kept the database locked until the deadline passed",
                        .sqlstate = "57014",
                        .outcome = Outcome::not_sent}));
}

std::exception_ptr why_stopped(const Call& call, Outcome outcome)
{
    if (!call.stop && call.seat->broken_off)
        return std::make_exception_ptr(ConnectionLost(
            {.message = "the connection was taken from those who shared it", .sqlstate = "08006", .outcome = outcome}));
    return std::make_exception_ptr(boost::system::system_error(asio::error::operation_aborted));
}

std::exception_ptr reason_of_failure(Call& call)
{
    try {
        throw;
    } catch (const Stopped&) {
        ++call.seat->cancelled;
        return call.stopped() ? why_stopped(call, Outcome::rejected) : closing_down(Outcome::rejected);
    } catch (const CommandTimeout&) {
        ++call.seat->cancelled;
        return std::current_exception();
    } catch (...) {
        return std::current_exception();
    }
}

std::vector<Result> run_statements(Handle& handle, Call& call)
{
    const Query& query = *call.query;
    std::vector<Result> results;
    results.reserve(query.statements().size());
    for (std::size_t i = 0; i < query.statements().size(); ++i) {
        const auto index = query.is_unit() ? std::optional(i) : std::nullopt;
        results.push_back(handle.run(query.statements()[i], index));
        ++call.seat->queries;
    }
    return results;
}

namespace {

std::vector<Result> run_for_cursor(Handle& handle, Call& call)
{
    std::vector<Result> results;
    if (call.kind == Call::Kind::open_cursor) handle.open_cursor(call.cursor, call.query->statements().front());
    else results.push_back(handle.fetch(call.cursor, call.rows));
    ++call.seat->queries;
    return results;
}

} // namespace

std::vector<Result> run_in_transaction(Handle& handle, Call& call)
{
    if (call.kind == Call::Kind::open_cursor || call.kind == Call::Kind::fetch) return run_for_cursor(handle, call);
    if (!call.query->is_unit()) return run_statements(handle, call);
    handle.control(Control::savepoint);
    try {
        auto results = run_statements(handle, call);
        handle.control(Control::release);
        return results;
    } catch (...) {
        handle.watch({});
        if (handle.in_transaction()) {
            handle.control(Control::roll_back_to);
            handle.control(Control::release);
        }
        throw;
    }
}

void refuse_writes(Handle& handle, const Query& query)
{
    for (std::size_t i = 0; i < query.statements().size(); ++i) {
        const auto index = query.is_unit() ? std::optional(i) : std::nullopt;
        if (!handle.reads_only(query.statements()[i], index)) refuse_write(query.statements()[i], index);
    }
}

} // namespace trunkline::db::sqlite
