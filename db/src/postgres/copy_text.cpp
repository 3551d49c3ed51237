// SPDX-License-Identifier: MIT
#include "postgres/copy_text.hpp"

#include "civil_date.hpp"
#include "postgres/refusal.hpp"
#include "postgres/server_types.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace trunkline::db::postgres {

namespace {

constexpr std::size_t piece_size = 64 * 1024;
constexpr std::size_t field_size_max = std::size_t{1} << 29; // with its escapes below the server's gigabyte

template <class T>
void append_number(std::string& to, T value)
{
    char text[32];
    to.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void append_double(std::string& to, double value)
{
    if (std::isnan(value)) to += "NaN";
    else if (std::isinf(value)) to += value < 0 ? "-Infinity" : "Infinity";
    else append_number(to, value);
}

/// "2026-11-21", and whether " BC" has to follow.
bool append_day(std::string& to, std::int64_t days)
{
    const auto day = db::detail::civil(days);
    const bool before_christ = day.year <= 0;
    char text[40];
    const int length =
        std::snprintf(text, sizeof text, "%04lld-%02u-%02u",
                      static_cast<long long>(before_christ ? 1 - day.year : day.year), day.month, day.day);
    to.append(text, static_cast<std::size_t>(length));
    return before_christ;
}

void append_date(std::string& to, Date date)
{
    if (date == Date::max()) to += "infinity";
    else if (date == Date::min()) to += "-infinity";
    else if (append_day(to, date.time_since_epoch().count())) to += " BC";
}

void append_time(std::string& to, Time time)
{
    if (time == Time::max()) return void(to += "infinity");
    if (time == Time::min()) return void(to += "-infinity");
    const std::int64_t us = time.time_since_epoch().count();
    const std::int64_t days = db::detail::floor_divide(us, day_us);
    const std::int64_t of_day = us - days * day_us;
    const auto seconds = static_cast<int>(of_day / 1'000'000);
    const bool before_christ = append_day(to, days);
    char text[40];
    const int length = std::snprintf(text, sizeof text, " %02d:%02d:%02d.%06d+00", seconds / 3600, seconds / 60 % 60,
                                     seconds % 60, static_cast<int>(of_day % 1'000'000));
    to.append(text, static_cast<std::size_t>(length));
    if (before_christ) to += " BC";
}

/// A value as the server's input functions read it, with nothing escaped; text is given out as it is.
struct PlainWriter {
    std::string& to;

    void operator()(std::monostate) const {}
    void operator()(bool value) const { to += value ? 't' : 'f'; }
    void operator()(std::int64_t value) const { append_number(to, value); }
    void operator()(double value) const { append_double(to, value); }
    void operator()(const std::string& value) const { to += value; }
    void operator()(const Uuid& value) const { to += to_string(value); }
    void operator()(Time value) const { append_time(to, value); }
    void operator()(Date value) const { append_date(to, value); }
    void operator()(const Bytes& value) const
    {
        constexpr char digits[] = "0123456789abcdef";
        to += "\\x";
        for (const char byte : value.view()) {
            to += digits[static_cast<unsigned char>(byte) >> 4];
            to += digits[static_cast<unsigned char>(byte) & 15];
        }
    }
    void operator()(const Array&) const {}
};

/// `{1,NULL,"a \"quoted\" one"}`.
void append_array(std::string& to, const Array& array)
{
    char before = '{';
    for (const Value& element : array.elements()) {
        to += std::exchange(before, ',');
        if (element.is_null()) {
            to += "NULL";
            continue;
        }
        const auto* text = std::get_if<std::string>(&element.content());
        if (!text) {
            std::visit(PlainWriter{to}, element.content()); // has no quote, comma or brace in it
            continue;
        }
        to += '"';
        for (const char c : *text) {
            if (c == '"' || c == '\\') to += '\\';
            to += c;
        }
        to += '"';
    }
    if (before == '{') to += '{';
    to += '}';
}

/// A field of a line: what would end it, and the backslash, are escaped.
void append_escaped(std::string& to, std::string_view field)
{
    for (const char c : field) {
        switch (c) {
        case '\\': to += "\\\\"; break;
        case '\n': to += "\\n"; break;
        case '\r': to += "\\r"; break;
        case '\t': to += "\\t"; break;
        default: to += c;
        }
    }
}

void append_field(std::string& to, const Value& value, std::string& scratch)
{
    if (value.is_null()) return void(to += "\\N");
    if (const auto* text = std::get_if<std::string>(&value.content())) return append_escaped(to, *text);
    scratch.clear();
    if (const auto* array = std::get_if<Array>(&value.content())) append_array(scratch, *array);
    else std::visit(PlainWriter{scratch}, value.content());
    append_escaped(to, scratch);
}

// -- What cannot be held -----------------------------------------------------------

struct Refused {
    const char* state;
    const char* why;
};

struct FieldCheck {
    template <class T>
    void operator()(const T&) const
    {}
    void operator()(const std::string& value) const
    {
        if (value.find('\0') != std::string::npos)
            throw Refused{"22021", "holds a NUL character, which PostgreSQL cannot store in text"};
        expect_size(value.size());
    }
    void operator()(const Bytes& value) const { expect_size(value.value().size()); }
    void operator()(Time value) const
    {
        if (value != Time::min() && value.time_since_epoch().count() < first_day * day_us)
            throw Refused{"22008", "is a time before 4714-11-24 BC, which PostgreSQL cannot store"};
    }
    void operator()(Date value) const
    {
        const std::int64_t day = value.time_since_epoch().count();
        if (value != Date::max() && value != Date::min() && (day < first_day || day >= end_day))
            throw Refused{"22008", "is a date that PostgreSQL cannot store"};
    }
    void operator()(const Array& value) const
    {
        for (const Value& element : value.elements()) std::visit(*this, element.content());
    }

private:
    static void expect_size(std::size_t size)
    {
        if (size > field_size_max) throw Refused{"54000", "is larger than PostgreSQL can hold"};
    }
};

} // namespace

std::string_view CopyText::next()
{
    piece_.clear();
    while (at_ < rows_.cells.size() && piece_.size() < piece_size) {
        append_field(piece_, rows_.cells[at_], array_);
        piece_ += ++at_ % rows_.columns == 0 ? '\n' : '\t';
    }
    return piece_;
}

void check_rows(const CopyRows& rows, const Statement& copy)
{
    for (std::size_t at = 0; at < rows.cells.size(); ++at) {
        try {
            std::visit(FieldCheck(), rows.cells[at].content());
        } catch (const Refused& refused) {
            ErrorInfo info;
            info.message = "column " + std::to_string(at % rows.columns + 1) + " of a row " + refused.why;
            info.sqlstate = refused.state;
            info.index = at / rows.columns;
            describe_statement(info, copy);
            throw_error(std::move(info));
        }
    }
}

std::optional<std::size_t> row_named_by(const PGresult* refusal, const CopyRows& rows)
{
    const char* const found = PQresultErrorField(refusal, PG_DIAG_CONTEXT);
    std::string_view context = found ? found : "";
    // "COPY items, line 3, column name: …" in the server's language, perhaps below the lines of a trigger.
    const std::string front = "COPY " + rows.table + ", ";
    while (!context.starts_with(front)) {
        const auto end = context.find('\n');
        if (end == context.npos) return std::nullopt;
        context.remove_prefix(end + 1);
    }
    context.remove_prefix(front.size());
    const auto digits = std::min(context.find_first_of("0123456789"), context.size());
    std::size_t line = 0;
    std::from_chars(context.data() + digits, context.data() + context.size(), line);
    if (line == 0 || line > rows.cells.size() / rows.columns) return std::nullopt;
    return line - 1;
}

} // namespace trunkline::db::postgres
