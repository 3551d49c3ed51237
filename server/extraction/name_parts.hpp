// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/reading.hpp>

#include <optional>

namespace trunkline::extraction {

/// How much the words before a name promise that one follows.
enum class NameHint {
    labelled,   ///< "my name is", "Name:": whatever could be a name
    answered,   ///< the agent asked: not everyday words
    introduced, ///< "I'm", "this is": capitalised, or a given name that many bear
};

/// A person's name in a text.
struct WrittenName {
    Span span;
    std::size_t first_token = 0;
    std::size_t next_token = 0;
    std::vector<std::string> parts; ///< as written, particles included
    bool capitalised = false;
    bool begins_with_known = false; ///< with a given name that many bear

    /// Parts that are no particles.
    std::size_t weight() const;
    /// "Crystal Minh": upper and lower case mended where all of it is lower or all is upper case, else as written.
    std::string normalised() const;
};

/// The name that begins at `token`, titles skipped ("Dr."); nothing when none does.
std::optional<WrittenName> read_name(const Reading& reading, std::size_t token, NameHint hint);

/// The normal form of a name's parts.
std::string normal_name(const std::vector<std::string>& parts);

} // namespace trunkline::extraction
