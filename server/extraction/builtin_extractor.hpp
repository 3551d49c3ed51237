// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/extractor.hpp>

namespace trunkline::extraction {

/// Finds facts by rules, without a model: the same conversation gives the same facts, in time linear in its length.
///
/// Only the customer's own words are a source; the agent's tell what was asked. How sure each fact is stands in the
/// tables of names.hpp, emails.hpp, phones.hpp, nationalities.hpp and services.hpp. Of the client:
///
///   the surest of his facts                                confidence of that fact
///   a name that his e-mail address bears out               +0.05 for the name, at most 0.99
///   name and a way to reach him, both at least 0.5         +0.03, at most 0.99
///   nothing said                                           0
///
/// So it is at least 0.5 whenever he stated an address or a number. A fact below 0.5 is a guess: it shows in a review,
/// and is no reason to fill a field.
class BuiltinExtractor : public Extractor {
public:
    std::string_view name() const noexcept override { return "builtin"; }
    Extraction extract(const ExtractionInput& input) const override;
};

} // namespace trunkline::extraction
