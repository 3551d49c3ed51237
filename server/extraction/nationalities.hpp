// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/reading.hpp>

#include <optional>

namespace trunkline::extraction {

/// "italian", "german", …
bool is_nationality_word(std::string_view folded);

/// The customer's nationality where he states it, as an English adjective ("Italian"):
///
///   "nationality: …", "my nationality is …"                labelled     0.95
///   "I have an Italian passport", "citizen of Italy"       citizen      0.90
///   "I'm Italian"                                          introduced   0.80
///   "I'm from Italy"                                       from         0.60
std::optional<Fact> find_nationality(const ReadMessage& message);

} // namespace trunkline::extraction
