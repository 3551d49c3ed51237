// SPDX-License-Identifier: MIT
#include "functions.hpp"

#include <cstddef>
#include <sqlite3.h>
#include <string>
#include <string_view>

namespace trunkline::db::sqlite {

namespace {

int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// False when `text` is not hexadecimal. Characters of `ignored` may stand between two bytes.
bool read_hex(std::string_view text, std::string_view ignored, std::string& bytes)
{
    while (!text.empty()) {
        if (ignored.find(text.front()) != ignored.npos && digit(text.front()) < 0) {
            text.remove_prefix(1);
            continue;
        }
        if (text.size() < 2 || digit(text[0]) < 0 || digit(text[1]) < 0) return false;
        bytes += static_cast<char>(digit(text[0]) * 16 + digit(text[1]));
        text.remove_prefix(2);
    }
    return true;
}

std::string_view text_of(sqlite3_value* value)
{
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
    return {text ? text : "", static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

void unhex(sqlite3_context* context, int count, sqlite3_value** arguments)
{
    for (int k = 0; k < count; ++k)
        if (sqlite3_value_type(arguments[k]) == SQLITE_NULL) return sqlite3_result_null(context);
    try {
        std::string bytes;
        const auto ignored = count > 1 ? text_of(arguments[1]) : std::string_view();
        if (read_hex(text_of(arguments[0]), ignored, bytes))
            sqlite3_result_blob64(context, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
        else sqlite3_result_null(context);
    } catch (...) {
        sqlite3_result_error_nomem(context);
    }
}

} // namespace

void add_functions(sqlite3* handle)
{
    if (sqlite3_libversion_number() >= 3'041'000) return;
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    for (const int arguments : {1, 2})
        sqlite3_create_function_v2(handle, "unhex", arguments, flags, nullptr, &unhex, nullptr, nullptr, nullptr);
}

} // namespace trunkline::db::sqlite
