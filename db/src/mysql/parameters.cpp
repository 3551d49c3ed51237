// SPDX-License-Identifier: MIT
#include "mysql/parameters.hpp"

#include "json_array.hpp"

#include <cmath>

namespace trunkline::db::mysql {

namespace {

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

[[noreturn]] void refuse(std::string_view state, std::size_t parameter, std::string_view why)
{
    throw UnfitParameter(state, "$" + std::to_string(parameter + 1) + " " + std::string(why));
}

MYSQL_TIME date_of(Date day, std::size_t parameter)
{
    const std::chrono::year_month_day date(day);
    const int year{date.year()};
    if (!date.ok() || year < 1 || year > 9999)
        refuse("22008", parameter, "is a date outside the years 1 to 9999, which MySQL cannot hold");
    MYSQL_TIME made{};
    made.year = static_cast<unsigned>(year);
    made.month = unsigned{date.month()};
    made.day = unsigned{date.day()};
    made.time_type = MYSQL_TIMESTAMP_DATE;
    return made;
}

MYSQL_TIME time_of(Time time, std::size_t parameter)
{
    constexpr std::int64_t first = -62'135'596'800'000'000, last = 253'402'300'799'999'999; // years 1 to 9999
    const std::int64_t microseconds = time.time_since_epoch().count();
    if (microseconds < first || microseconds > last)
        refuse("22008", parameter, "is a time outside the years 1 to 9999, which MySQL cannot hold");
    const Date day = std::chrono::floor<std::chrono::days>(time);
    MYSQL_TIME made = date_of(day, parameter);
    const std::int64_t rest = (time - day).count();
    made.hour = static_cast<unsigned>(rest / 3'600'000'000);
    made.minute = static_cast<unsigned>(rest / 60'000'000 % 60);
    made.second = static_cast<unsigned>(rest / 1'000'000 % 60);
    made.second_part = static_cast<unsigned long>(rest % 1'000'000);
    made.time_type = MYSQL_TIMESTAMP_DATETIME;
    return made;
}

double real_of(double real, std::size_t parameter)
{
    if (!std::isfinite(real)) refuse("22003", parameter, "is infinite or not a number, which MySQL cannot hold");
    return real;
}

std::string_view bytes_of(const Uuid& id)
{
    return {reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size()};
}

void bind_bytes(MYSQL_BIND& bind, enum_field_types type, std::string_view bytes)
{
    bind.buffer_type = type;
    bind.buffer = const_cast<char*>(bytes.empty() ? "" : bytes.data()); // nullptr would be NULL
    bind.buffer_length = bytes.size();
}

void bind_scalar(MYSQL_BIND& bind, enum_field_types type, void* scalar)
{
    bind.buffer_type = type;
    bind.buffer = scalar;
}

/// What a value is written to that is not sent as it lies in memory.
struct Written {
    Scalar& scalar;
    std::deque<std::string>& arrays;
};

MYSQL_BIND bind_one(const Value& value, Written to, std::size_t parameter)
{
    Scalar& scalar = to.scalar;
    MYSQL_BIND bind{};
    std::visit(Overloaded{
                   [&](std::monostate) { bind.buffer_type = MYSQL_TYPE_NULL; },
                   [&](bool given) {
                       scalar.boolean = given;
                       bind_scalar(bind, MYSQL_TYPE_TINY, &scalar.boolean);
                   },
                   [&](std::int64_t given) {
                       scalar.integer = given;
                       bind_scalar(bind, MYSQL_TYPE_LONGLONG, &scalar.integer);
                   },
                   [&](double given) {
                       scalar.real = real_of(given, parameter);
                       bind_scalar(bind, MYSQL_TYPE_DOUBLE, &scalar.real);
                   },
                   [&](Time given) {
                       scalar.time = time_of(given, parameter);
                       bind_scalar(bind, MYSQL_TYPE_DATETIME, &scalar.time);
                   },
                   [&](Date given) {
                       scalar.time = date_of(given, parameter);
                       bind_scalar(bind, MYSQL_TYPE_DATE, &scalar.time);
                   },
                   [&](const std::string& given) { bind_bytes(bind, MYSQL_TYPE_STRING, given); },
                   [&](const Bytes& given) { bind_bytes(bind, MYSQL_TYPE_BLOB, given.view()); },
                   [&](const Uuid& given) { bind_bytes(bind, MYSQL_TYPE_BLOB, bytes_of(given)); },
                   [&](const Array& given) {
                       bind_bytes(bind, MYSQL_TYPE_STRING, to.arrays.emplace_back(db::detail::to_json(given)));
                   },
               },
               value.content());
    return bind;
}

} // namespace

std::size_t size_of(const Value& value)
{
    constexpr std::size_t head = 16;
    if (const auto* text = std::get_if<std::string>(&value.content())) return head + text->size();
    if (const auto* bytes = std::get_if<Bytes>(&value.content())) return head + bytes->value().size();
    return head + 16;
}

std::size_t size_of(const Statement& statement)
{
    std::size_t bytes = packet_head + statement.text().on(Engine::mysql).size();
    for (const Value& value : statement.parameters()) bytes += size_of(value);
    return bytes;
}

Parameters::Parameters(const std::vector<Value>& values, const std::vector<std::uint8_t>& order)
    : scalars_(values.size())
{
    binds_.reserve(order.size());
    for (const std::size_t parameter : order) {
        binds_.push_back(bind_one(values[parameter], {scalars_[parameter], arrays_}, parameter));
        bytes_ += size_of(values[parameter]);
    }
}

// -- Many rows ---------------------------------------------------------------

namespace {

/// What a column is, from the first row that has a value; monostate when there is none.
const Value::Content& content_of(std::span<const Statement> statements, std::size_t parameter)
{
    for (const Statement& statement : statements)
        if (!statement.parameters()[parameter].is_null()) return statement.parameters()[parameter].content();
    return statements.front().parameters()[parameter].content();
}

template <class T>
void bind_values(MYSQL_BIND& bind, enum_field_types type, std::vector<T>& values)
{
    bind.buffer_type = type;
    bind.buffer = values.data();
}

} // namespace

/// False when the rows do not agree on a type.
bool BulkParameters::fill(Column& column, MYSQL_BIND& bind, std::span<const Statement> statements,
                          std::size_t parameter)
{
    const Value::Content& sample = content_of(statements, parameter);
    column.indicators.assign(statements.size(), STMT_INDICATOR_NONE);
    bool agreed = true;
    // Calls `take` with the place and the value of each row that has one.
    const auto each = [&]<class T>(const T&, auto take) {
        for (std::size_t row = 0; row < statements.size(); ++row) {
            const Value& value = statements[row].parameters()[parameter];
            if (value.is_null()) column.indicators[row] = STMT_INDICATOR_NULL;
            else if (const auto* held = std::get_if<T>(&value.content())) take(row, *held);
            else agreed = false;
        }
    };
    const auto texts = [&](const auto& kind, enum_field_types type, auto view) {
        column.pointers.assign(statements.size(), "");
        column.lengths.assign(statements.size(), 0);
        each(kind, [&](std::size_t row, const auto& held) {
            const std::string_view bytes = view(held);
            if (!bytes.empty()) column.pointers[row] = bytes.data();
            column.lengths[row] = bytes.size();
        });
        bind_values(bind, type, column.pointers);
        bind.length = column.lengths.data();
    };
    const auto times = [&](const auto& kind, enum_field_types type, auto made) {
        column.times.resize(statements.size());
        column.pointers.resize(statements.size());
        for (std::size_t row = 0; row < statements.size(); ++row) column.pointers[row] = &column.times[row];
        each(kind, [&](std::size_t row, const auto& held) { column.times[row] = made(held, parameter); });
        bind_values(bind, type, column.pointers);
    };
    std::visit(
        Overloaded{
            [&](std::monostate) {
                column.indicators.assign(statements.size(), STMT_INDICATOR_NULL);
                column.pointers.assign(statements.size(), "");
                column.lengths.assign(statements.size(), 0);
                bind_values(bind, MYSQL_TYPE_STRING, column.pointers);
                bind.length = column.lengths.data();
            },
            [&](bool kind) {
                column.booleans.resize(statements.size());
                each(kind, [&](std::size_t row, bool held) { column.booleans[row] = held; });
                bind_values(bind, MYSQL_TYPE_TINY, column.booleans);
            },
            [&](std::int64_t kind) {
                column.integers.resize(statements.size());
                each(kind, [&](std::size_t row, std::int64_t held) { column.integers[row] = held; });
                bind_values(bind, MYSQL_TYPE_LONGLONG, column.integers);
            },
            [&](double kind) {
                column.reals.resize(statements.size());
                each(kind, [&](std::size_t row, double held) { column.reals[row] = real_of(held, parameter); });
                bind_values(bind, MYSQL_TYPE_DOUBLE, column.reals);
            },
            [&](Time kind) { times(kind, MYSQL_TYPE_DATETIME, time_of); },
            [&](Date kind) { times(kind, MYSQL_TYPE_DATE, date_of); },
            [&](const std::string& kind) {
                texts(kind, MYSQL_TYPE_STRING, [](const std::string& held) { return std::string_view(held); });
            },
            [&](const Bytes& kind) { texts(kind, MYSQL_TYPE_BLOB, [](const Bytes& held) { return held.view(); }); },
            [&](const Uuid& kind) { texts(kind, MYSQL_TYPE_BLOB, bytes_of); },
            [&](const Array&) { agreed = false; }, // each on its own
        },
        sample);
    bind.u.indicator = column.indicators.data();
    return agreed;
}

std::optional<BulkParameters> BulkParameters::of(std::span<const Statement> statements,
                                                 const std::vector<std::uint8_t>& order)
{
    std::optional<BulkParameters> made(std::in_place);
    made->rows_ = static_cast<unsigned>(statements.size());
    made->columns_.resize(order.size());
    made->binds_.resize(order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        if (!fill(made->columns_[i], made->binds_[i], statements, order[i])) return std::nullopt;
    return made;
}

} // namespace trunkline::db::mysql
