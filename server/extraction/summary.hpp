// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/reading.hpp>

namespace trunkline::extraction {

inline constexpr std::size_t summary_character_limit = 500;

/// Says in one or two sentences what the customer came for: his first request in his own words (else his first
/// question, else the first thing he says that is more than a greeting), and the service that was recognised.
class Summary {
public:
    void hear_customer(const Reading& reading);
    /// At most summary_character_limit characters; empty when he said nothing.
    std::string text(const Intent& intent) const;

private:
    std::string words_;
    int worth_ = 0;
};

} // namespace trunkline::extraction
