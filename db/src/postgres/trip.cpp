// SPDX-License-Identifier: MIT
#include "postgres/trip.hpp"

#include "postgres/cells.hpp"

#include <trunkline/db/error.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace trunkline::db::postgres {

const Step* Trip::failure() const
{
    for (const Step& step : main)
        if (step.failed() && !step.passed_over()) return &step;
    return nullptr;
}

bool Trip::reset_failed() const
{
    return std::any_of(reset.begin(), reset.end(), [](const Step& step) { return step.failed(); });
}

namespace {

std::string_view tag_of(const Step& step)
{
    const char* tag = PQcmdStatus(const_cast<PGresult*>(step.reply.get()));
    return tag ? tag : "";
}

/// What neither changes the session nor makes anything that lives in it. A temporary table has the tag of any other.
bool leaves_nothing(std::string_view tag)
{
    static constexpr std::array harmless{"SELECT",   "INSERT", "UPDATE",   "DELETE",    "MERGE",   "BEGIN",
                                         "START",    "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "FETCH",
                                         "TRUNCATE", "NOTIFY", "EXPLAIN",  "SHOW",      "VACUUM",  "ANALYZE"};
    return tag.empty() || std::ranges::any_of(harmless, [tag](std::string_view it) { return tag.starts_with(it); });
}

/// SET LOCAL ends with the transaction.
bool is_local(std::string_view text)
{
    constexpr std::string_view beginning = "SET LOCAL ";
    const auto same = [](char a, char b) { return a == b || (a >= 'a' && a <= 'z' && a - 'a' + 'A' == b); };
    return text.size() >= beginning.size() && std::ranges::equal(text.substr(0, beginning.size()), beginning, same);
}

} // namespace

bool Trip::left_state() const
{
    return std::ranges::any_of(main, [](const Step& step) {
        const auto tag = tag_of(step);
        return !leaves_nothing(tag) && !(tag == "SET" && is_local(step.text));
    });
}

bool Trip::prepared() const
{
    return std::ranges::any_of(main, [](const Step& step) { return tag_of(step) == "PREPARE"; });
}

bool Trip::changed_schema() const
{
    static constexpr std::array changing{"CREATE", "ALTER", "DROP", "DO", "CALL", "IMPORT", "EXECUTE"};
    return std::ranges::any_of(main, [](const Step& step) {
        const auto tag = tag_of(step);
        return std::ranges::any_of(changing, [tag](std::string_view it) { return tag.starts_with(it); });
    });
}

namespace {

[[noreturn]] void throw_undecodable(const PGresult* reply, int column, const std::string& why,
                                    const Statement& statement)
{
    ErrorInfo info;
    info.message = "column \"" + std::string(PQfname(reply, column)) + "\": " + why;
    info.outcome = Outcome::applied;
    info.statement = statement.text().on(Engine::postgresql);
    info.place = statement.text().place();
    throw DecodeError(std::move(info));
}

Value read_cell(const PGresult* reply, int row, int column, const Statement& statement)
{
    const Oid type = PQftype(reply, column);
    if (PQgetisnull(reply, row, column)) return decode_null(type);
    const std::string_view text(PQgetvalue(reply, row, column),
                                static_cast<std::size_t>(PQgetlength(reply, row, column)));
    try {
        return decode(type, text);
    } catch (const std::invalid_argument& why) {
        throw_undecodable(reply, column, why.what(), statement);
    }
}

std::uint64_t affected_by(const PGresult* reply)
{
    // "SELECT n" need not be read.
    const std::string_view tag = PQcmdStatus(const_cast<PGresult*>(reply));
    if (tag.starts_with("SELECT") && PQresultStatus(reply) == PGRES_TUPLES_OK)
        return static_cast<std::uint64_t>(PQntuples(reply));
    const std::string_view count = PQcmdTuples(const_cast<PGresult*>(reply));
    std::uint64_t affected = 0;
    std::from_chars(count.data(), count.data() + count.size(), affected);
    return affected;
}

} // namespace

Result read_result(const PGresult* reply, const Statement& statement, db::detail::ColumnLists& lists)
{
    const int width = PQnfields(reply);
    const int height = PQntuples(reply);
    std::vector<Value> cells;
    cells.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    for (int row = 0; row < height; ++row)
        for (int column = 0; column < width; ++column) cells.push_back(read_cell(reply, row, column, statement));
    auto columns = lists.of(static_cast<std::size_t>(width),
                            [reply](std::size_t column) { return PQfname(reply, static_cast<int>(column)); });
    return Result::sharing(std::move(columns), std::move(cells), affected_by(reply));
}

} // namespace trunkline::db::postgres
