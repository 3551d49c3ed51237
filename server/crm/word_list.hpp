// SPDX-License-Identifier: MIT
#pragma once

#include <crm/form_fields.hpp>

namespace trunkline::crm {

/// A list of words or short phrases, each once, in the order they were given: tags, keywords. At most 100, each at most
/// 100 characters. In the database it is a JSON list.
class WordList {
public:
    static constexpr std::size_t words_max = 100;
    static constexpr std::size_t characters_max = 100;

    WordList() = default;
    /// Words that are there already are left out. REQUIRES: `words` keep the limits.
    explicit WordList(std::vector<std::string> words);

    const std::vector<std::string>& words() const noexcept { return words_; }

private:
    std::vector<std::string> words_;
};

} // namespace trunkline::crm

namespace trunkline {

template <>
struct JsonCodec<crm::WordList> {
    static json::value write(const crm::WordList& list)
    {
        return JsonCodec<std::vector<std::string>>::write(list.words());
    }
    static bool read(const json::value& from, crm::WordList& to, JsonProblems& problems);
    static json::value schema(JsonSchemas& schemas);
};

template <>
struct db::Codec<crm::WordList> {
    static constexpr Type type = Type::json;
    static Value to_value(const crm::WordList& list);
    /// DecodeError when the cell is not a JSON list of text.
    static crm::WordList from_value(const Value& value);
};

} // namespace trunkline
