// SPDX-License-Identifier: MIT
#include <extraction/facts_of_text.hpp>

#include <extraction/auto_crm.hpp>
#include <extraction/builtin_extractor.hpp>

namespace trunkline::extraction {

std::vector<FactOfText> facts_of_text(std::string_view text, std::string_view default_region)
{
    ExtractionInput input;
    input.default_region = default_region;
    input.messages.push_back({{}, 1, Sender::customer, std::string(text)});
    const ClientFacts client = BuiltinExtractor().extract(input).client;

    std::vector<FactOfText> facts;
    const auto add = [&](const char* field, const std::optional<Fact>& fact) {
        if (fact && fact->confidence >= CrmRules{}.fact_min) facts.push_back({field, fact->normalised});
    };
    add("full_name", client.full_name);
    add("email", client.email);
    add("phone", client.phone);
    add("whatsapp", client.whatsapp);
    add("nationality", client.nationality);
    return facts;
}

} // namespace trunkline::extraction
