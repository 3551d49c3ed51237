// SPDX-License-Identifier: MIT
#pragma once

#include "postgres/submission.hpp"

namespace trunkline::db::postgres {

/// What shares a Sync on a connection with several callers: one statement, a group of them, or something of the
/// driver's own. It knows what it sends, and whether what comes back speaks of that.
struct Turn {
    struct Part {
        enum class Kind {
            own,         ///< of the driver's own account; may be refused
            read_only,   ///< `read_only_text`
            echo,        ///< `echo_text` with `number`
            preparation, ///< of the statement `name` with `text`
            execution,   ///< of what a caller asked
        };
        Kind kind = Kind::execution;
        Submission* call = nullptr; ///< of an execution, and of the preparation for one
        std::string name{};         ///< of a prepared statement; empty is unnamed
        std::string text{};         ///< but of an execution
        std::int64_t number = 0;
        bool done = false; ///< the server did it
    };

    /// Puts it into libpq's buffer, and perhaps on the wire. False when the connection is lost.
    bool send(PGconn* connection) const;

    /// The next reply. False when the server does not speak of what it was asked: then nothing that comes behind it can
    /// be believed. `lists` are the connection's.
    bool take(ResultPtr reply, db::detail::ColumnLists& lists);
    /// True when everything was answered, as far as the server looked at it.
    bool answered() const noexcept { return failed || next == parts.size(); }
    /// One of its callers does not want his answer any more.
    bool unwanted() const noexcept;

    std::vector<Part> parts{};
    std::vector<std::shared_ptr<Submission>> calls{}; ///< none is the driver's own
    bool gathered = false;                            ///< from those who may be grouped
    bool must_succeed = false;                        ///< or the connection is given up
    bool failed = false;                              ///< nothing of it remains at the server
    std::size_t next = 0;                             ///< the part that is answered next

private:
    bool take_refusal(ResultPtr reply);
    bool take_answer(Part& part, ResultPtr reply, db::detail::ColumnLists& lists);
};

} // namespace trunkline::db::postgres
