// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/builtin_extractor.hpp>
#include <extraction/reading.hpp>

#include <boost/json/value.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::extraction::testing {

/// One line: "customer", "agent" or "system" ("action" counts as that), and what was said.
using Line = std::pair<std::string, std::string>;

/// A conversation in the United States with these lines; case types and the rest can be added.
ExtractionInput conversation(const std::vector<Line>& lines);

/// What the built-in extractor finds in it.
Extraction extract(const std::vector<Line>& lines);

/// The normalised value, or "" without a fact.
std::string value_of(const std::optional<Fact>& fact);

/// Says what is wrong with the place of a fact, "" when it is right: value and quote stand where it points.
std::string misplaced(const ExtractionInput& input, const std::optional<Fact>& fact);
/// The same of all facts of an extraction.
std::string misplaced(const ExtractionInput& input, const Extraction& extraction);

/// The message as its reader keeps it.
ReadMessage read(const std::string& text);

boost::json::value read_json(const std::filesystem::path& file);
/// One dialogue of the ABCD collection.
ExtractionInput abcd_dialogue(const boost::json::value& dialogue);

} // namespace trunkline::extraction::testing
