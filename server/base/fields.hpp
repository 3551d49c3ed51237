// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline {

/// A field of a patch: absent, null, or a value. Absent leaves things as they are, null empties them.
template <class T>
class Maybe {
public:
    Maybe() = default;
    Maybe(std::nullopt_t) : given_(true) {}
    Maybe(T value) : value_(std::move(value)), given_(true) {}

    bool given() const noexcept { return given_; }
    const std::optional<T>& value() const noexcept { return value_; }

private:
    std::optional<T> value_;
    bool given_ = false;
};

/// Text with a length between `min` and `max` characters (code points), without U+0000.
template <std::size_t min, std::size_t max>
class Text {
public:
    Text() = default;
    /// REQUIRES: `value` keeps the limits.
    explicit Text(std::string value) : value_(std::move(value)) {}

    const std::string& value() const& noexcept { return value_; }
    std::string value() && noexcept { return std::move(value_); }
    operator const std::string&() const noexcept { return value_; }

private:
    std::string value_;
};

/// An e-mail address as people write it (local@domain, at most 254 characters), trimmed and in lower case.
class Email {
public:
    Email() = default;
    /// The address in its normal form, or nothing when `text` is none.
    static std::optional<Email> parse(std::string_view text);

    const std::string& value() const noexcept { return value_; }
    operator const std::string&() const noexcept { return value_; }

private:
    std::string value_;
};

/// A number within limits, with a default for when it is absent: `limit` of a list.
template <std::int64_t min, std::int64_t max, std::int64_t otherwise>
class Bounded {
public:
    Bounded() = default;
    explicit Bounded(std::int64_t value) : value_(value) {}
    std::int64_t value() const noexcept { return value_; }
    operator std::int64_t() const noexcept { return value_; }

private:
    std::int64_t value_ = otherwise;
};

/// A yes or no, with a default for when it is absent.
template <bool otherwise>
class Flag {
public:
    Flag() = default;
    explicit Flag(bool value) : value_(value) {}
    bool value() const noexcept { return value_; }
    operator bool() const noexcept { return value_; }

private:
    bool value_ = otherwise;
};

} // namespace trunkline
