// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/reading.hpp>

namespace trunkline::extraction {

/// What a number is by the way it is written.
enum class Shape {
    none,       ///< a date, a price, a card, an address of a machine: no telephone number
    digits,     ///< could be anything
    phone_like, ///< "+49 30 …", "(977) 625-2661", "977-625-2661", "0812 3456 7890"
};

/// Digits with the spaces, dashes, dots and brackets between them.
struct WrittenNumber {
    Span span;
    Shape shape = Shape::digits;
    std::string plain; ///< ASCII digits, with a leading + where one was written
};

/// The numbers of a message that have as many digits as a telephone number may have (7–15), outside words, addresses
/// and prices. A phone with a number before or after it is found alone.
std::vector<WrittenNumber> find_numbers(const Reading& reading);

} // namespace trunkline::extraction
