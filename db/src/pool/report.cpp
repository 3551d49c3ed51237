// SPDX-License-Identifier: MIT
#include "report.hpp"

#include "dossier.hpp"
#include "slots.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace trunkline::db::detail {

namespace {

constexpr std::size_t statement_shown_max = 160;

std::string shortened(const std::string& text)
{
    return text.size() <= statement_shown_max ? text : text.substr(0, statement_shown_max) + "…";
}

} // namespace

std::string describe(std::source_location place)
{
    return std::string(place.file_name()) + ":" + std::to_string(place.line());
}

std::string describe(std::chrono::nanoseconds time)
{
    if (time < std::chrono::milliseconds(1)) return std::to_string(time.count() / 1000) + " µs";
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
    if (ms < 1000) return std::to_string(ms) + " ms";
    return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
}

std::string describe(const Holder& holder)
{
    std::string text = describe(holder.place) + " for " + describe(std::chrono::nanoseconds(holder.age));
    if (!holder.task.empty()) text += " (task '" + holder.task + "')";
    const auto so_long = describe(std::chrono::nanoseconds(holder.state_age));
    if (holder.running) text += ", running for " + so_long;
    else text += ", between statements for " + so_long + (holder.in_transaction ? " in a transaction" : "");
    if (holder.waits_for_another) text += ", waiting for another";
    if (!holder.statement.empty()) text += ": " + shortened(holder.statement);
    return text;
}

std::string message_of(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an unknown failure";
    }
}

std::string sqlstate_of(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        return error.sqlstate();
    } catch (...) {
        return {};
    }
}

void refuse_nested(const Slots& slots, const TaskPtr& task, std::source_location place)
{
    if (!task || slots.options().nested == Options::Nested::allow) return;
    const auto kept = task->kept_place();
    if (!kept) return;
    throw UsageError(
        "the task '" + task->name() + "' asks the pool for a connection (" + describe(place) +
        ") while it keeps one (" + describe(*kept) +
        "): with the pool exhausted it would wait for itself. Use the one it has, or give that back first");
}

void throw_acquire_timeout(AcquireDossier dossier, ErrorInfo info)
{
    info.sqlstate = "53300";
    info.message = describe(dossier);
    throw AcquireTimeout(std::move(info), std::move(dossier));
}

void throw_connect_failed(const Slots& slots, ErrorInfo info)
{
    info.sqlstate = "08001";
    info.message = "the database cannot be reached: " + slots.last_connect_error();
    throw ConnectFailed(std::move(info));
}

void throw_pool_closed(ErrorInfo info)
{
    info.sqlstate = "57P01";
    info.message = "the connection pool is closed";
    throw PoolClosed(std::move(info));
}

void throw_connection_lost(ErrorInfo info)
{
    info.sqlstate = "08006";
    info.message = "the connection was lost in an earlier call; nothing was sent";
    throw ConnectionLost(std::move(info));
}

void throw_cancelled() { throw boost::system::system_error(asio::error::operation_aborted); }

} // namespace trunkline::db::detail
