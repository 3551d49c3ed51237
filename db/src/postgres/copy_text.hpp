// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/query.hpp>

#include <libpq-fe.h>

#include <optional>
#include <string>

namespace trunkline::db::postgres {

/// Rows in the text format of COPY, a piece at a time. Text, not binary: the server turns it into each column's own type,
/// as it does with a literal.
///
/// Lifetime: it points into `rows`.
class CopyText {
public:
    explicit CopyText(const CopyRows& rows) : rows_(rows) {}

    /// The next lines, some 64 KiB of them; empty when there are no more. Stands until the next call.
    std::string_view next();

private:
    const CopyRows& rows_;
    std::size_t at_ = 0;
    std::string piece_;
    std::string array_;
};

/// Refuses what PostgreSQL cannot hold (see Parameters) before anything is sent: an Error with the row's index, which
/// names the column by its number.
void check_rows(const CopyRows& rows, const Statement& copy);

/// The row whose line the server names in refusing a COPY.
std::optional<std::size_t> row_named_by(const PGresult* refusal, const CopyRows& rows);

} // namespace trunkline::db::postgres
