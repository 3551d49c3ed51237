// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/value.hpp>

#include <libpq-fe.h>

#include <array>
#include <forward_list>
#include <memory>

namespace trunkline::db::postgres {

/// The parameters of one statement as libpq takes them. Numbers, booleans, uuids, times, dates and bytes go in binary
/// with their type, kept when the value is NULL; text, JSON and numeric go as text without one, so that the server infers
/// it. Arrays always have theirs (an array of text is text[]), and go in binary; one of numerics goes as text.
///
/// Refuses what PostgreSQL cannot hold, before anything is sent: a NUL in text (22021), a time or date out of range
/// (22008). The message names the parameter by its number, never its value.
///
/// Lifetime: it points into `values`.
class Parameters {
public:
    explicit Parameters(const std::vector<Value>& values);
    Parameters(const Parameters&) = delete;
    Parameters(Parameters&&) = default;

    int size() const noexcept { return size_; }
    const Oid* types() const noexcept { return types_; }
    const char* const* values() const noexcept { return values_; }
    const int* lengths() const noexcept { return lengths_; }
    const int* formats() const noexcept { return formats_; }

private:
    friend struct ParameterWriter;
    using Scalar = std::array<char, 16>;

    int size_;
    std::unique_ptr<std::byte[]> block_; // of the five below
    const char** values_ = nullptr;
    Scalar* scalars_ = nullptr;
    Oid* types_ = nullptr;
    int* lengths_ = nullptr;
    int* formats_ = nullptr;
    std::forward_list<std::string> arrays_;
};

} // namespace trunkline::db::postgres
