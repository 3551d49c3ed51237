// SPDX-License-Identifier: MIT
#pragma once

#include <conversations/transcripts.hpp>
#include <extraction/auto_crm.hpp>
#include <extraction/stored_conversation.hpp>
#include <support/database.hpp>

#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>

namespace trunkline::extraction::testing {

/// Finds what the test says.
class ScriptedExtractor final : public Extractor {
public:
    std::function<Extraction(const ExtractionInput&)> script = [](const ExtractionInput&) { return Extraction{}; };
    mutable ExtractionInput seen; ///< the last it was given
    mutable int calls = 0;

    std::string_view name() const noexcept override { return "scripted"; }
    Extraction extract(const ExtractionInput& input) const override
    {
        ++calls;
        seen = input;
        return script(input);
    }
};

/// A value that stands at the beginning of the message at `index`, if there is one.
inline Fact fact(std::string value, const ExtractionInput& input = {}, std::size_t index = 0, double confidence = 0.9)
{
    Fact made;
    made.value = made.normalised = made.quote = value;
    if (index < input.messages.size()) {
        made.message_id = input.messages[index].id;
        made.message_seq = input.messages[index].seq;
    }
    made.end = static_cast<std::int64_t>(value.size());
    made.method = "stated";
    made.confidence = confidence;
    return made;
}

/// Somebody with an address, as sure as that.
inline Extraction somebody(double confidence, std::string email = "ada@crm.example.test")
{
    Extraction found;
    found.client.email = fact(std::move(email));
    found.client.confidence = confidence;
    found.summary = "The customer said: hello";
    return found;
}

inline conversations::Owner owner_of(const http::Actor& actor) { return {actor.tenant_id, actor.user_id, actor.name}; }

/// What a person of the database says: one message for each line; "> " begins one of the agent's.
inline asio::awaitable<conversations::SavedTranscript> tell(db::Executor& db, conversations::Owner owner,
                                                            std::string session, std::vector<std::string> lines,
                                                            Time now, conversations::Topics topics = {})
{
    conversations::Transcript transcript;
    transcript.session_id.emplace(std::move(session));
    for (const std::string& line : lines) {
        const bool bot = line.starts_with("> ");
        transcript.messages.push_back(
            {bot ? conversations::TranscriptRole::assistant : conversations::TranscriptRole::user,
             Text<0, conversations::message_chars_max>(bot ? line.substr(2) : line)});
    }
    auto saved = co_await conversations::save_transcript(db, owner, transcript, topics, now);
    co_return std::move(*saved);
}

/// A client of the table, as a test compares it.
struct SeenClient {
    Uuid id;
    std::string full_name, status, created_by;
    std::optional<std::string> email, phone, whatsapp, nationality;
    std::optional<Time> first_contact_at, last_interaction_at;
};
BOOST_DESCRIBE_STRUCT(SeenClient, (),
                      (id, full_name, status, created_by, email, phone, whatsapp, nationality, first_contact_at,
                       last_interaction_at))

/// A database, a scripted extractor and Auto-CRM between them.
struct CrmBed {
    explicit CrmBed(db::Engine engine, std::size_t connections_max = 5) : database(engine, connections_max) {}

    Uuid conversation(const http::Actor& actor, std::vector<std::string> lines, std::string session = "s")
    {
        auto saving =
            tell(database.pool(), owner_of(actor), std::move(session), std::move(lines), database.clock.now());
        return database.run(std::move(saving)).conversation.id;
    }
    std::vector<TranscriptMessage> messages(const Uuid& conversation)
    {
        return database.run(stored_conversation(database.pool(), conversation))->messages;
    }
    CrmResult process(const Uuid& conversation, std::optional<std::string> user_email = {})
    {
        return database.run(crm.process_conversation(conversation, messages(conversation), std::move(user_email)));
    }
    Uuid add_client(std::string name, std::optional<std::string> email, std::optional<std::string> phone = {})
    {
        const Uuid id = db::new_uuid();
        database.run(insert_client(id, std::move(name), std::move(email), std::move(phone)));
        return id;
    }
    asio::awaitable<void> insert_client(Uuid id, std::string name, std::optional<std::string> email,
                                        std::optional<std::string> phone)
    {
        co_await database.pool().execute(
            "INSERT INTO clients (id, tenant_id, full_name, name_is_stand_in, email, phone, status, client_type,"
            " tags, created_at, updated_at, created_by)"
            " VALUES ($1, $2, $3, $4, $5, $6, 'active', 'individual', $7, $8, $8, 'a test')",
            id, database.tenant, name, false, email, phone, Json("[]"), database.clock.now());
    }
    void add_case_type(std::string code, bool active = true)
    {
        database.run(insert_case_type(std::move(code), active));
    }
    asio::awaitable<void> insert_case_type(std::string code, bool active)
    {
        co_await database.pool().execute(
            "INSERT INTO case_types (id, tenant_id, code, name, category, keywords, base_price_amount,"
            " base_price_currency, active, created_at) VALUES ($1, $2, $3, $3, 'visa', $4, 150000, 'EUR', $5, $6)",
            db::new_uuid(), database.tenant, code, Json("[\"visa\"]"), active, database.clock.now());
    }
    std::vector<SeenClient> clients()
    {
        return database.run(database.pool().fetch<SeenClient>(
            "SELECT id, full_name, status, created_by, email, phone, whatsapp, nationality, first_contact_at, last_interaction_at"
            " FROM clients ORDER BY id"));
    }
    std::int64_t count(std::string table, std::string where = "true")
    {
        auto counting = database.pool().query(db::unsafe_sql("SELECT count(*) AS n FROM " + table + " WHERE " + where));
        return database.run(std::move(counting)).as<std::int64_t>(0);
    }

    ::trunkline::testing::Database database;
    ScriptedExtractor extractor;
    events::Hub hub{database.io.get_executor()};
    AutoCrm crm{extractor, database.clock, hub, &database.pool()};
};

/// A bed on one engine after the other.
struct OnAnEngine : ::testing::TestWithParam<db::Engine> {
    CrmBed bed{GetParam()};

    /// Everything found is what `found` says, in a new conversation of a member of staff.
    CrmResult process(Extraction found, std::string session = "s")
    {
        bed.extractor.script = [found = std::move(found)](const ExtractionInput&) { return found; };
        return bed.process(bed.conversation(bed.database.staff, {"hello"}, std::move(session)));
    }
};

inline void expect_nothing(const CrmResult& result)
{
    EXPECT_FALSE(result.success);
    EXPECT_FALSE(result.client_id || result.practice_id || result.interaction_id);
    EXPECT_FALSE(result.client_created || result.client_updated || result.practice_created);
}

/// Lets an extractor wait in the middle of a text until the test opens it; never for longer than twenty seconds.
class Gate {
public:
    explicit Gate(::trunkline::testing::Database& database) : database_(database) {}

    /// The script of an extractor: waits, then finds what `then` finds.
    std::function<Extraction(const ExtractionInput&)> before(std::function<Extraction(const ExtractionInput&)> then)
    {
        return [this, then = std::move(then)](const ExtractionInput& input) {
            reached_ = true;
            asio::post(database_.io, [] {}); // wakes the loop, which looks again
            opened_.wait_for(std::chrono::seconds(20));
            return then(input);
        };
    }
    void until_reached()
    {
        database_.until([this] { return reached_.load(); });
    }
    void open() { open_.set_value(); }

private:
    ::trunkline::testing::Database& database_;
    std::atomic<bool> reached_ = false;
    std::promise<void> open_;
    std::shared_future<void> opened_ = open_.get_future().share();
};

} // namespace trunkline::extraction::testing
