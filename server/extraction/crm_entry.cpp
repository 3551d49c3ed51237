// SPDX-License-Identifier: MIT
#include <extraction/crm_entry.hpp>

#include <base/utf8.hpp>
#include <crm/candidates.hpp>
#include <crm/cases.hpp>
#include <crm/evidence.hpp>
#include <crm/interactions.hpp>
#include <crm/prospects.hpp>
#include <extraction/stored_conversation.hpp>

#include <boost/describe/enum_from_string.hpp>

namespace trunkline::extraction {

namespace {

constexpr const char* nameless = "Unknown";

std::string local_part(const std::string& email) { return email.substr(0, email.find('@')); }

bool differ(const std::optional<std::string>& stored, const std::optional<std::string>& said)
{
    return stored && said && *stored != *said;
}

std::optional<std::string> said(const std::optional<Fact>& fact)
{
    return fact ? std::optional(fact->normalised) : std::nullopt;
}

ClientFacts without_guesses(ClientFacts facts, double fact_min)
{
    for (auto* fact : {&facts.full_name, &facts.email, &facts.phone, &facts.whatsapp, &facts.nationality})
        if (*fact && (*fact)->confidence < fact_min) fact->reset();
    return facts;
}

/// The channel by its name in the table of conversations, which knows the same ones.
crm::Channel channel_of(const std::string& name)
{
    crm::Channel channel = crm::Channel::web_chat;
    boost::describe::enum_from_string(name.c_str(), channel);
    return channel;
}

crm::InteractionType type_of(crm::Channel channel)
{
    switch (channel) {
    case crm::Channel::email: return crm::InteractionType::email;
    case crm::Channel::whatsapp: return crm::InteractionType::whatsapp;
    case crm::Channel::phone: return crm::InteractionType::call;
    case crm::Channel::in_person: return crm::InteractionType::meeting;
    case crm::Channel::web_chat:
    case crm::Channel::instagram: break;
    }
    return crm::InteractionType::chat;
}

/// One conversation on its way into the CRM.
class Entry {
public:
    Entry(db::Transaction& tx, const Finding& finding, const CrmRules& rules, Time now)
        : tx_(tx),
          finding_(finding),
          rules_(rules),
          now_(now),
          facts_(without_guesses(finding.extraction.client, rules.fact_min)),
          editor_(crm::system_editor(finding.tenant_id, finding.team_member))
    {
        email_ = finding_.user_email ? finding_.user_email : said(facts_.email);
        phone_ = facts_.phone ? facts_.phone : facts_.whatsapp;
    }

    asio::awaitable<CrmResult> write()
    {
        if (!co_await lock_conversation(tx_, finding_.conversation_id)) throw ConversationGone("while it was read");
        if (const auto client = co_await find()) co_await fill(client->id);
        else if (may_create()) co_await create();
        result_.success = true;
        if (!result_.client_id) co_return result_;
        co_await open_case();
        co_await keep_interaction();
        co_await crm::add_evidence(tx_, finding_.tenant_id, *result_.client_id, std::move(evidence_), now_);
        co_return result_;
    }

private:
    using Client = std::optional<crm::Candidate>;

    asio::awaitable<Client> find()
    {
        if (email_)
            if (auto found = co_await crm::candidate_by_email(tx_, finding_.tenant_id, *email_)) co_return found;
        // Who is signed in is known by his address: a number he says is no proof that he is somebody else.
        if (finding_.user_email) co_return std::nullopt;
        const auto number = said(phone_);
        if (number) {
            const auto numbered = co_await crm::candidates_by_phone(tx_, finding_.tenant_id, *number);
            for (const auto& found : numbered)
                if (!differ(found.email, email_)) co_return found;
        }
        const auto spoken_of =
            co_await crm::candidates_of_conversation(tx_, finding_.tenant_id, finding_.conversation_id);
        for (const auto& found : spoken_of)
            if (!differ(found.email, email_) && !differ(found.phone, number)) co_return found;
        co_return std::nullopt;
    }

    bool may_create() const { return facts_.confidence >= rules_.create_client_min && (email_ || phone_); }

    asio::awaitable<void> fill(Uuid client)
    {
        result_.client_id = client;
        if (facts_.confidence < rules_.fill_client_min) co_return;
        const crm::Learnt learnt{said(facts_.full_name), said(facts_.email), said(phone_), said(facts_.whatsapp),
                                 said(facts_.nationality)};
        const auto filled = co_await crm::fill_empty(tx_, editor_, client, learnt, now_);
        if (!filled) co_return;
        for (const std::string& field : filled->fields) {
            const Fact* const fact = fact_of(field);
            if (!fact) continue;
            prove(field, fact->normalised, *fact);
            result_.client_updated = true;
        }
    }

    const Fact* fact_of(std::string_view field) const
    {
        const auto one = [](const std::optional<Fact>& fact) { return fact ? &*fact : nullptr; };
        if (field == "full_name") return one(facts_.full_name);
        if (field == "email") return one(facts_.email);
        if (field == "phone") return one(phone_);
        if (field == "whatsapp") return one(facts_.whatsapp);
        return field == "nationality" ? one(facts_.nationality) : nullptr;
    }

    asio::awaitable<void> create()
    {
        const crm::Prospect prospect{.full_name = facts_.full_name ? facts_.full_name->normalised
                                                  : email_         ? local_part(*email_)
                                                                   : nameless,
                                     .name_is_stand_in = !facts_.full_name,
                                     .email = email_,
                                     .phone = said(phone_),
                                     .whatsapp = said(facts_.whatsapp),
                                     .nationality = said(facts_.nationality)};
        const auto made = co_await crm::insert_prospect(tx_, editor_, prospect, now_);
        if (!made.created) co_return co_await fill(made.client.id);
        result_.client_id = made.client.id;
        result_.client_created = true;
        prove_name(prospect.full_name);
        if (email_) prove("email", *email_, source_of_email());
        if (phone_) prove("phone", phone_->normalised, *phone_);
        if (facts_.whatsapp) prove("whatsapp", facts_.whatsapp->normalised, *facts_.whatsapp);
        if (facts_.nationality) prove("nationality", facts_.nationality->normalised, *facts_.nationality);
    }

    void prove_name(const std::string& name)
    {
        if (facts_.full_name) return prove("full_name", name, *facts_.full_name);
        if (!email_) return;
        Fact fact = source_of_email();
        fact.method = "address";
        prove("full_name", name, fact);
    }

    /// Where the address was said; or that it was not, because the one who speaks has it.
    Fact source_of_email() const
    {
        if (facts_.email && facts_.email->normalised == *email_) return *facts_.email;
        Fact fact;
        fact.quote = *email_;
        fact.method = finding_.channel == "email" ? "sender" : "account";
        fact.confidence = 1;
        return fact;
    }

    /// Keeps the words for the end, when all evidence is written at once.
    void prove(std::string field, std::string value, const Fact& fact)
    {
        crm::Evidence found;
        found.field = std::move(field);
        found.value = std::move(value);
        found.conversation_id = finding_.conversation_id;
        if (!fact.message_id.is_nil()) {
            found.message_id = fact.message_id;
            found.message_seq = fact.message_seq;
        }
        found.start = fact.start;
        found.end = fact.end;
        found.quote = fact.quote;
        found.method = fact.method;
        found.confidence = fact.confidence;
        evidence_.push_back(std::move(found));
    }

    asio::awaitable<void> open_case()
    {
        const Intent& intent = finding_.extraction.intent;
        if (!intent.detected || intent.confidence < rules_.open_case_min || !intent.case_type_code) co_return;
        const Uuid tenant = finding_.tenant_id, client = *result_.client_id;
        const auto type = co_await crm::find_case_type(tx_, tenant, *intent.case_type_code);
        if (!type || !type->active) co_return;
        if (intent.evidence && co_await was_heard(*intent.evidence)) {
            const auto noted =
                co_await crm::find_conversation_interaction(tx_, tenant, finding_.conversation_id, client);
            if (noted) result_.practice_id = noted->case_id;
            co_return;
        }
        result_.practice_id =
            co_await crm::find_open_case(tx_, tenant, client, type->id, now_ - rules_.same_case_within);
        if (!result_.practice_id) {
            result_.practice_id = co_await crm::open_inquiry(tx_, editor_, client, *type, intent.details, now_);
            result_.practice_created = true;
        }
        if (intent.evidence) prove("case_type", *intent.case_type_code, *intent.evidence);
    }

    /// A sentence opens a case once, however often the conversation is read again.
    asio::awaitable<bool> was_heard(const Fact& sentence)
    {
        return crm::has_evidence_at(tx_, finding_.tenant_id, *result_.client_id, "case_type", sentence.message_id,
                                    sentence.start);
    }

    asio::awaitable<void> keep_interaction()
    {
        std::string summary(first_characters(finding_.extraction.summary, interaction_summary_chars_max));
        if (summary.empty()) summary = finding_.channel == "email" ? "E-mail" : "Chat conversation";
        const crm::Channel channel = channel_of(finding_.channel);
        const crm::ConversationNote note{.conversation_id = finding_.conversation_id,
                                         .client_id = *result_.client_id,
                                         .case_id = result_.practice_id,
                                         .interaction_type = type_of(channel),
                                         .channel = channel,
                                         .subject = finding_.subject,
                                         .summary = std::move(summary),
                                         .full_content = finding_.full_content,
                                         .entities = entities()};
        result_.interaction_id = co_await crm::keep_conversation(tx_, editor_, note, now_);
    }

    json::object entities() const
    {
        json::object all;
        const auto add = [&all](const char* name, const std::optional<std::string>& value) {
            if (value) all[name] = *value;
        };
        add("full_name", said(facts_.full_name));
        add("email", said(facts_.email));
        add("phone", said(facts_.phone));
        add("whatsapp", said(facts_.whatsapp));
        add("nationality", said(facts_.nationality));
        if (finding_.extraction.intent.detected) add("case_type", finding_.extraction.intent.case_type_code);
        return all;
    }

    db::Transaction& tx_;
    const Finding& finding_;
    const CrmRules& rules_;
    const Time now_;
    const ClientFacts facts_;
    const crm::Editor editor_;
    std::optional<std::string> email_; // the client's: the user's own, else what was said
    std::optional<Fact> phone_;        // a WhatsApp number is a telephone number
    std::vector<crm::Evidence> evidence_;
    CrmResult result_;
};

} // namespace

asio::awaitable<CrmResult> enter_into_crm(db::Transaction& tx, const Finding& finding, const CrmRules& rules, Time now)
{
    Entry entry(tx, finding, rules, now);
    co_return co_await entry.write();
}

asio::awaitable<CrmResult> crm_entry_of(db::Executor& db, Uuid tenant, Uuid conversation)
{
    CrmResult result;
    result.success = true;
    const auto entry = co_await crm::find_conversation_interaction(db, tenant, conversation);
    if (!entry) co_return result;
    result.client_id = entry->client_id;
    result.practice_id = entry->case_id;
    result.interaction_id = entry->id;
    co_return result;
}

} // namespace trunkline::extraction
