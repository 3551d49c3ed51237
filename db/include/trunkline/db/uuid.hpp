// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/types.hpp>

#include <array>
#include <compare>
#include <functional>
#include <optional>

namespace trunkline::db {

/// A universally unique identifier (RFC 9562). Sixteen bytes, compared as bytes.
class Uuid {
public:
    using Bytes16 = std::array<std::uint8_t, 16>;

    /// The nil UUID.
    constexpr Uuid() noexcept = default;
    explicit constexpr Uuid(const Bytes16& bytes) noexcept : bytes_(bytes) {}

    /// Reads the form 8-4-4-4-12 in hexadecimal digits of either case; anything else is nothing.
    static std::optional<Uuid> parse(std::string_view text) noexcept;

    constexpr const Bytes16& bytes() const noexcept { return bytes_; }
    constexpr bool is_nil() const noexcept { return *this == Uuid{}; }

    friend constexpr auto operator<=>(const Uuid&, const Uuid&) noexcept = default;

private:
    Bytes16 bytes_{};
};

/// Lower case, 36 characters.
std::string to_string(const Uuid& id);

/// A new UUIDv7 of the system's clock. Ids made by one process ascend, also within a millisecond.
/// Threads: any.
Uuid new_uuid();

} // namespace trunkline::db

template <>
struct std::hash<trunkline::db::Uuid> {
    std::size_t operator()(const trunkline::db::Uuid& id) const noexcept
    {
        return std::hash<std::string_view>{}({reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size()});
    }
};
