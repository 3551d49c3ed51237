// SPDX-License-Identifier: MIT
#include "uuid_sequence.hpp"

#include <sys/random.h>

#include <cerrno>
#include <mutex>
#include <system_error>

namespace trunkline::db {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

constexpr bool is_hyphen_place(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

int digit_value(char c) noexcept
{
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    const std::size_t found = digits.find(c);
    return found == std::string_view::npos ? -1 : static_cast<int>(found);
}

/// Asked for each id anew: random bytes kept in the process would be the same in a fork.
UuidSequence::Random random_bits()
{
    unsigned char bytes[12];
    ssize_t got = 0;
    do got = ::getrandom(bytes, sizeof bytes, 0);
    while (got < 0 && errno == EINTR);
    if (got != static_cast<ssize_t>(sizeof bytes)) throw std::system_error(errno, std::generic_category(), "getrandom");

    UuidSequence::Random random{0, 0};
    for (int i = 0; i < 8; ++i) random.counter = random.counter << 8 | bytes[i];
    for (int i = 8; i < 12; ++i) random.tail = random.tail << 8 | bytes[i];
    return random;
}

struct SharedSequence {
    std::mutex mutex;
    UuidSequence sequence;
};

/// The one thing all callers in a process have to share if their ids are to ascend.
SharedSequence& shared_sequence()
{
    static SharedSequence shared;
    return shared;
}

} // namespace

Uuid UuidSequence::next(std::chrono::sys_time<std::chrono::milliseconds> now, Random random) noexcept
{
    constexpr std::uint64_t milliseconds_mask = (std::uint64_t{1} << 48) - 1;
    const auto given = static_cast<std::uint64_t>(now.time_since_epoch().count()) & milliseconds_mask;
    if (!started_ || given > milliseconds_) {
        milliseconds_ = given;
        counter_ = random.counter & (counter_max >> 1);
        started_ = true;
    } else if (counter_ < counter_max) {
        ++counter_;
    } else {
        ++milliseconds_;
        counter_ = random.counter & (counter_max >> 1);
    }

    Uuid::Bytes16 bytes{};
    for (int i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(milliseconds_ >> (40 - 8 * i));
    bytes[6] = static_cast<std::uint8_t>(0x70 | counter_ >> 38);          // version 7, then 4 bits
    bytes[7] = static_cast<std::uint8_t>(counter_ >> 30);                 // 8 bits
    bytes[8] = static_cast<std::uint8_t>(0x80 | (counter_ >> 24 & 0x3f)); // the variant, then 6 bits
    for (int i = 0; i < 3; ++i) bytes[9 + i] = static_cast<std::uint8_t>(counter_ >> (16 - 8 * i));
    for (int i = 0; i < 4; ++i) bytes[12 + i] = static_cast<std::uint8_t>(random.tail >> (24 - 8 * i));
    return Uuid(bytes);
}

std::optional<Uuid> Uuid::parse(std::string_view text) noexcept
{
    if (text.size() != 36) return std::nullopt;
    Bytes16 bytes{};
    std::size_t nibble = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (is_hyphen_place(at)) {
            if (text[at] != '-') return std::nullopt;
            continue;
        }
        const int value = digit_value(text[at]);
        if (value < 0) return std::nullopt;
        bytes[nibble / 2] = static_cast<std::uint8_t>(bytes[nibble / 2] << 4 | value);
        ++nibble;
    }
    return Uuid(bytes);
}

std::string to_string(const Uuid& id)
{
    std::string text;
    text.reserve(36);
    for (const std::uint8_t byte : id.bytes()) {
        if (is_hyphen_place(text.size())) text += '-';
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

Uuid new_uuid()
{
    const UuidSequence::Random random = random_bits();
    SharedSequence& shared = shared_sequence();
    const std::lock_guard lock(shared.mutex);
    // The clock is read under the lock, or a thread that was overtaken would draw the counter out of order.
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return shared.sequence.next(now, random);
}

} // namespace trunkline::db
