// SPDX-License-Identifier: MIT
#include "postgres/trip.hpp"

#include "postgres/cells.hpp"

#include <trunkline/db/error.hpp>

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
    const std::string_view count = PQcmdTuples(const_cast<PGresult*>(reply));
    std::uint64_t affected = 0;
    std::from_chars(count.data(), count.data() + count.size(), affected);
    return affected;
}

} // namespace

Result read_result(const PGresult* reply, const Statement& statement)
{
    const int width = PQnfields(reply);
    const int height = PQntuples(reply);
    std::vector<std::string> columns;
    columns.reserve(static_cast<std::size_t>(width));
    for (int column = 0; column < width; ++column) columns.emplace_back(PQfname(reply, column));
    std::vector<Value> cells;
    cells.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    for (int row = 0; row < height; ++row)
        for (int column = 0; column < width; ++column) cells.push_back(read_cell(reply, row, column, statement));
    return {std::move(columns), std::move(cells), affected_by(reply)};
}

} // namespace trunkline::db::postgres
