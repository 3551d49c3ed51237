// SPDX-License-Identifier: MIT
#include <crm/word_list.hpp>

#include <trunkline/db/error.hpp>

namespace trunkline {

crm::WordList::WordList(std::vector<std::string> words)
{
    for (std::string& word : words)
        if (std::ranges::find(words_, word) == words_.end()) words_.push_back(std::move(word));
}

bool JsonCodec<crm::WordList>::read(const json::value& from, crm::WordList& to, JsonProblems& problems)
{
    std::vector<crm::Typed<crm::WordList::characters_max>> given;
    if (!JsonCodec<decltype(given)>::read(from, given, problems)) return false;
    if (given.size() > crm::WordList::words_max)
        return problems.add("must have at most " + std::to_string(crm::WordList::words_max) + " words"), false;
    std::vector<std::string> words;
    for (const auto& word : given) words.push_back(word.value());
    to = crm::WordList(std::move(words));
    return true;
}

json::value JsonCodec<crm::WordList>::schema(JsonSchemas& schemas)
{
    return json::object{{"type", "array"},
                        {"items", JsonCodec<crm::Typed<crm::WordList::characters_max>>::schema(schemas)},
                        {"maxItems", crm::WordList::words_max}};
}

db::Value db::Codec<crm::WordList>::to_value(const crm::WordList& list) { return {type, serialize(to_json(list))}; }

crm::WordList db::Codec<crm::WordList>::from_value(const Value& value)
{
    auto words = from_json_text<std::vector<std::string>>(detail::decode_text(value));
    if (!words)
        throw DecodeError(
            ErrorInfo{.message = "a list of words was expected, and this is none", .outcome = Outcome::applied});
    return crm::WordList(std::move(*words));
}

} // namespace trunkline
