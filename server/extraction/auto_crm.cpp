// SPDX-License-Identifier: MIT
#include <extraction/auto_crm.hpp>

#include <accounts/users.hpp>
#include <base/log.hpp>
#include <conversations/contacts.hpp>
#include <crm/candidates.hpp>
#include <crm/case_types.hpp>
#include <crm/client_news.hpp>
#include <extraction/crm_entry.hpp>
#include <extraction/full_content.hpp>
#include <extraction/sender_address.hpp>

namespace trunkline::extraction {

namespace {

constexpr int attempts_max = 3;

CrmResult failed(std::string error)
{
    CrmResult result;
    result.error = std::move(error);
    return result;
}

/// The sentence for whoever asked. What the exception says is for the log alone.
CrmResult failed(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const ConversationGone&) {
        return failed("The conversation is no longer there");
    } catch (const db::Error& error) {
        log_warning("extraction", describe(failure));
        return failed(error.unavailable() ? "The database cannot be reached at the moment"
                                          : "The database did not take the entry");
    } catch (const boost::system::system_error&) {
        return failed("Reading the conversation was interrupted");
    } catch (...) {
        log_error("extraction", describe(failure));
        return failed("The conversation could not be processed");
    }
}

struct Place {
    Uuid tenant_id;
    std::string channel;
    std::string default_region;
};
BOOST_DESCRIBE_STRUCT(Place, (), (tenant_id, channel, default_region))

/// What the extractor need not say again. A name that nobody gave is none.
KnownClient known(const crm::Candidate& client)
{
    KnownClient known{client.full_name, client.email, client.phone, client.whatsapp, client.nationality};
    if (client.name_is_stand_in) known.full_name.reset();
    return known;
}

std::vector<CaseType> with_their_words(std::vector<crm::CaseType> offered)
{
    std::vector<CaseType> types;
    for (auto& one : offered) types.push_back({std::move(one.code), std::move(one.name), one.keywords.words()});
    return types;
}

bool is_one_of(const std::vector<std::string>& addresses, const std::string& address)
{
    return std::ranges::find(addresses, address) != addresses.end();
}

} // namespace

/// One conversation that is to be processed.
struct AutoCrm::Job {
    Uuid conversation_id;
    std::vector<TranscriptMessage> messages;
    std::optional<std::string> user_email;
    std::string team_member;
    std::optional<std::string> subject; // of a mail
};

AutoCrm::AutoCrm(const Extractor& extractor, Clock& clock, events::Hub& hub, db::Pool* pool, CrmRules rules)
    : extractor_(extractor), clock_(clock), hub_(hub), pool_(pool), rules_(rules)
{}

asio::awaitable<CrmResult> AutoCrm::process_conversation(Uuid conversation_id, std::vector<TranscriptMessage> messages,
                                                         std::optional<std::string> user_email, std::string team_member,
                                                         db::Executor* call_db)
{
    db::Executor* const db = executor(call_db);
    if (!db) co_return failed(no_pool);
    try {
        Job job{conversation_id, std::move(messages), std::move(user_email), std::move(team_member), {}};
        co_return co_await process(*db, std::move(job));
    } catch (...) {
        co_return failed(std::current_exception());
    }
}

asio::awaitable<CrmResult> AutoCrm::process_email_interaction(IncomingEmail email, std::string team_member,
                                                              db::Executor* call_db)
{
    db::Executor* const db = executor(call_db);
    if (!db) co_return failed(no_pool);
    try {
        co_return co_await receive(*db, std::move(email), std::move(team_member));
    } catch (...) {
        co_return failed(std::current_exception());
    }
}

asio::awaitable<CrmResult> AutoCrm::receive(db::Executor& db, IncomingEmail email, std::string team_member)
{
    const auto sender = sender_address(email.sender);
    if (!sender) co_return failed("The e-mail has no sender's address");
    if (email.id.empty()) co_return failed("The e-mail has no id");
    // The tenant of those who registered by themselves, see accounts.
    const auto tenant = co_await db.fetch_optional<Uuid>("SELECT id FROM tenants ORDER BY id LIMIT 1");
    if (!tenant) co_return failed("This site is not set up yet");

    const std::string subject = stored_text(email.subject);
    const std::string text = "Subject: " + subject + "\n\n" + stored_text(email.body);
    const conversations::FirstContact contact{
        *tenant, "email", stored_text(email.id), "Email: " + subject, text, email.date.value_or(clock_.now())};
    const auto begun = co_await conversations::begin_with_contact(db, contact);
    if (begun.before) {
        auto entry = co_await crm_entry_of(db, *tenant, begun.conversation_id);
        if (entry.interaction_id) co_return entry;
        // It was stored, and then nothing came of it: perhaps a death in between.
    }
    Job job{begun.conversation_id,
            {{begun.message_id, 1, Sender::customer, text}},
            sender->value(),
            std::move(team_member),
            subject};
    co_return co_await process(db, std::move(job));
}

asio::awaitable<CrmResult> AutoCrm::process(db::Executor& db, Job job)
{
    const auto place = co_await db.fetch_optional<Place>(
        "SELECT c.tenant_id, c.channel, t.default_region FROM conversations c JOIN tenants t ON t.id = c.tenant_id WHERE c.id = $1",
        job.conversation_id);
    if (!place) throw ConversationGone("before it was read");
    const auto staff = co_await accounts::staff_addresses(db, place->tenant_id);

    Finding finding{.tenant_id = place->tenant_id,
                    .conversation_id = job.conversation_id,
                    .channel = place->channel,
                    .subject = std::move(job.subject),
                    .full_content = full_content(job.messages),
                    .user_email = {},
                    .team_member = std::move(job.team_member),
                    .extraction = {}};
    if (job.user_email)
        if (const auto email = Email::parse(*job.user_email); email && !is_one_of(staff, email->value()))
            finding.user_email = email->value();

    ExtractionInput input;
    input.messages = std::move(job.messages);
    input.default_region = place->default_region;
    input.staff_addresses = staff;
    input.case_types = with_their_words(co_await crm::list_active_case_types(db, place->tenant_id));
    if (finding.user_email)
        if (const auto client = co_await crm::candidate_by_email(db, place->tenant_id, *finding.user_email))
            input.known = known(*client);
    finding.extraction = co_await read(std::move(input));
    auto& email = finding.extraction.client.email;
    if (email && is_one_of(staff, email->normalised)) email.reset();

    for (int attempt = 1;; ++attempt) {
        auto result = co_await enter(db, finding);
        if (result) {
            result->extracted_data = std::move(finding.extraction);
            co_return std::move(*result);
        }
        if (attempt == attempts_max) co_return failed("Somebody else changes the same client all the time");
    }
}

asio::awaitable<std::optional<CrmResult>> AutoCrm::enter(db::Executor& db, const Finding& finding)
{
    try {
        auto tx = co_await db.begin();
        CrmResult result = co_await enter_into_crm(tx, finding, rules_, clock_.now());
        if (result.client_id) crm::tell_client_changed(tx, hub_, finding.tenant_id, *result.client_id);
        co_await tx.commit();
        co_return result;
    } catch (const db::UniqueViolation&) {
        co_return std::nullopt; // the same new client, made by another call at this moment: now it is there
    } catch (const db::SerializationFailure&) {
        co_return std::nullopt;
    }
}

asio::awaitable<Extraction> AutoCrm::read(ExtractionInput input)
{
    try {
        co_return co_await lane_.run([&] { return extractor_.extract(input); });
    } catch (const std::exception& failure) {
        // As if nothing had been said: the conversation of a client who is known is logged all the same.
        log_error("extraction", std::string(extractor_.name()) + " failed: " + failure.what());
        co_return Extraction{};
    }
}

} // namespace trunkline::extraction
