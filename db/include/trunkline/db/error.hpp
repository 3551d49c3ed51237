// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/dossier.hpp>

#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

namespace trunkline::db {

/// What became of the statement that failed.
enum class Outcome {
    not_sent, ///< the database never saw it: running it again is safe
    rejected, ///< the database refused it and nothing of it remains
    applied,  ///< it was done; only what came after failed
    unknown,  ///< it was sent and the answer was lost: it may be done or not
};

std::string_view to_string(Outcome outcome) noexcept;

/// What is known of a failure. Every field may be empty.
struct ErrorInfo {
    std::string message;  ///< one sentence for a person; never a parameter's value
    std::string sqlstate; ///< five characters, PostgreSQL's vocabulary on every engine
    Outcome outcome = Outcome::not_sent;
    std::string statement;            ///< the SQL, without parameter values
    std::source_location place{};     ///< where in the program the statement was called
    std::string constraint;           ///< the name of the violated constraint; on SQLite "table.column, …"
    std::optional<std::size_t> index; ///< which member of a Batch
};

/// A call to the database failed. What callers tell apart has a class of its own below; all else is this.
/// `what()` adds to the message the SQLSTATE, the place in the source and the first 200 characters of the statement;
/// never a parameter's value.
class Error : public std::runtime_error {
public:
    explicit Error(ErrorInfo info);

    const std::string& sqlstate() const noexcept { return info_.sqlstate; }
    Outcome outcome() const noexcept { return info_.outcome; }
    const std::string& statement() const noexcept { return info_.statement; }
    const std::source_location& place() const noexcept { return info_.place; }
    const std::string& constraint() const noexcept { return info_.constraint; }
    std::optional<std::size_t> index() const noexcept { return info_.index; }
    const ErrorInfo& info() const noexcept { return info_; }

    /// True when the same call may succeed if it is simply made again: serialization failures and deadlocks, a lost
    /// connection before anything was sent, a database that is starting or out of connections. Never true when the
    /// outcome is `applied` or `unknown`.
    bool retryable() const noexcept;

    /// True when the database could not be reached or could not serve in time; an HTTP server answers 503: the
    /// classes AcquireTimeout, ConnectFailed, ConnectionLost, PoolClosed, DiskFull and CommandTimeout, and of the
    /// states 08xxx, 53xxx (out of something) and 57P0x (starting, stopping).
    bool unavailable() const noexcept;

private:
    ErrorInfo info_;
};

/// No connection was free in time. `cause()` says why, `dossier()` holds the evidence: who has the connections, since
/// when and with which statement, how many wait, what came and went lately, the last failure to connect. The message
/// says it as one paragraph that ends with what to do.
class AcquireTimeout : public Error {
public:
    explicit AcquireTimeout(ErrorInfo info);
    AcquireTimeout(ErrorInfo info, AcquireDossier dossier);

    AcquireCause cause() const noexcept { return dossier_->cause; }
    const AcquireDossier& dossier() const noexcept { return *dossier_; }

private:
    std::shared_ptr<const AcquireDossier> dossier_; // never null; shared, so that copying does not throw
};

// clang-format off
/// The database could not be reached, or the pool is drained.
struct ConnectFailed : Error { using Error::Error; };
/// The pool was drained or is not started.
struct PoolClosed : Error { using Error::Error; };
/// The statement ran past its deadline; it was stopped on the server too.
struct CommandTimeout : Error { using Error::Error; };
/// The connection broke during the call.
struct ConnectionLost : Error { using Error::Error; };
/// 23505. `constraint()` names it.
struct UniqueViolation : Error { using Error::Error; };
/// 23503.
struct ForeignKeyViolation : Error { using Error::Error; };
/// 23502, 23514.
struct CheckViolation : Error { using Error::Error; };
/// 40001 and 40P01: run the transaction again.
struct SerializationFailure : Error { using Error::Error; };
/// The disk is full (53100).
struct DiskFull : Error { using Error::Error; };
/// `fetch_one` and `fetch_value` found no row.
struct NoRows : Error { using Error::Error; };
/// `fetch_one`, `fetch_optional` and `fetch_value` found more than one row.
struct TooManyRows : Error { using Error::Error; };
/// A cell does not fit the C++ type it is wanted in. The message names the column.
struct DecodeError : Error { using Error::Error; };
// clang-format on

/// Throws the class that `info.sqlstate` calls for: what drivers use. Refusals at the door (08001, 08004, 28xxx,
/// 3D000, 57P03, 53300) are ConnectFailed when nothing was sent; what ends a session (else 08xxx, 57P01, 57P02, 57P04,
/// 57P05, 25P03) is ConnectionLost; 57014 is CommandTimeout.
[[noreturn]] void throw_error(ErrorInfo info);

/// A mistake of the program itself: bad options, a text with placeholders that do not fit, a nested acquire.
struct UsageError : std::logic_error {
    using std::logic_error::logic_error;
};

} // namespace trunkline::db
