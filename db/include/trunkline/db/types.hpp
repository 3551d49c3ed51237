// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::db {

/// A moment, in microseconds since 1970 UTC. The one time type of the library, on every engine.
/// `Time::max()` is PostgreSQL's infinity, `Time::min()` its -infinity: later and earlier than any other.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// A day of the calendar, without a zone. `Date::max()` and `Date::min()` are infinity and -infinity.
using Date = std::chrono::sys_days;

/// The engines there are drivers for.
enum class Engine { postgresql, sqlite, mysql };

/// "postgresql", "sqlite" or "mysql".
std::string_view to_string(Engine engine) noexcept;

/// A JSON document as text. The text is stored as it is; PostgreSQL's jsonb normalises it.
class Json {
public:
    Json() : text_("null") {}
    explicit Json(std::string text) : text_(std::move(text)) {}

    const std::string& text() const& noexcept { return text_; }
    std::string text() && noexcept { return std::move(text_); }

    friend bool operator==(const Json&, const Json&) = default;

private:
    std::string text_;
};

/// Raw bytes: bytea, BLOB, VARBINARY.
class Bytes {
public:
    Bytes() = default;
    explicit Bytes(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
    /// The characters of `text`, byte for byte.
    static Bytes from(std::string_view text);

    const std::vector<std::byte>& value() const noexcept { return bytes_; }
    std::string_view view() const noexcept { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

    friend bool operator==(const Bytes&, const Bytes&) = default;

private:
    std::vector<std::byte> bytes_;
};

/// "2026-11-21T09:30:00Z"; a fraction only when it is not zero, and then without trailing zeros (RFC 3339).
/// A year outside 0…9999, which RFC 3339 cannot say, is a sign and six digits, as in ISO 8601 and JavaScript.
std::string to_rfc3339(Time time);

} // namespace trunkline::db
