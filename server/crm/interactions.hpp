// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <crm/editor.hpp>
#include <crm/form_fields.hpp>
#include <trunkline/db/executor.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

namespace trunkline::crm {

enum class InteractionType { chat, email, whatsapp, call, meeting, note };
BOOST_DESCRIBE_ENUM(InteractionType, chat, email, whatsapp, call, meeting, note)

enum class Channel { web_chat, email, whatsapp, instagram, phone, in_person };
BOOST_DESCRIBE_ENUM(Channel, web_chat, email, whatsapp, instagram, phone, in_person)

enum class Direction { inbound, outbound };
BOOST_DESCRIBE_ENUM(Direction, inbound, outbound)

/// What was said or written with a client, once.
struct Interaction {
    Uuid id;
    Uuid client_id;
    std::optional<Uuid> case_id;
    std::optional<Uuid> conversation_id;
    InteractionType interaction_type = InteractionType::note;
    Channel channel = Channel::in_person;
    std::optional<std::string> subject;
    std::string summary;
    Direction direction = Direction::inbound;
    std::string team_member; ///< as people read it
    Time interaction_at;
    Time created_at;
};
BOOST_DESCRIBE_STRUCT(Interaction, (),
                      (id, client_id, case_id, conversation_id, interaction_type, channel, subject, summary, direction,
                       team_member, interaction_at, created_at))

struct NewInteraction {
    Uuid client_id;
    std::optional<Uuid> case_id; ///< of this client
    InteractionType interaction_type = InteractionType::note;
    std::optional<Channel> channel; ///< what goes with the type: a call by phone, a meeting or a note in person
    Blankable<Typed<500>> subject;
    Typed<10'000> summary;
    std::optional<Direction> direction; ///< inbound
    Blankable<Typed<254>> team_member;  ///< who writes this
    std::optional<Time> interaction_at; ///< now
};
BOOST_DESCRIBE_STRUCT(NewInteraction, (),
                      (client_id, case_id, interaction_type, channel, subject, summary, direction, team_member,
                       interaction_at))

struct InteractionFilter {
    std::optional<Uuid> client_id;
    std::optional<Uuid> case_id;
    std::optional<InteractionType> interaction_type;
    Bounded<1, 200, 50> limit;
    std::optional<Uuid> after; ///< `next` of the page before
};
BOOST_DESCRIBE_STRUCT(InteractionFilter, (), (client_id, case_id, interaction_type, limit, after))

/// What is noted of a conversation with one client.
struct ConversationNote {
    Uuid conversation_id;
    Uuid client_id;
    std::optional<Uuid> case_id;
    InteractionType interaction_type = InteractionType::chat;
    Channel channel = Channel::web_chat;
    std::optional<std::string> subject;
    std::string summary;
    std::string full_content;
    json::object entities; ///< what was found in it: {"email": "ada@crm.example.test"}
};

/// not_found when the tenant has no such client, or the client no such case. Moves the client's last
/// interaction. It names no conversation: that a conversation is a client's is found by reading it, not by claiming it,
/// since it opens the conversation to staff.
asio::awaitable<Outcome<Interaction>> create_interaction(db::Executor& db, const Editor& editor,
                                                         const NewInteraction& input, Time now);

/// Keeps the one interaction of this conversation with this client, and moves the client's last interaction. The first
/// note makes it; a later one replaces what it says, but not its case with none. A note that says the same again
/// changes nothing and leaves no trace in the audit. Answers the interaction's id.
/// REQUIRES: client and case are the tenant's. UniqueViolation when another makes the same one at this moment.
asio::awaitable<Uuid> keep_conversation(db::Executor& db, const Editor& editor, const ConversationNote& note, Time now);

/// The newest interaction of a conversation; with that client only, when one is given.
asio::awaitable<std::optional<Interaction>> find_conversation_interaction(db::Executor& db, const Uuid& tenant,
                                                                          const Uuid& conversation,
                                                                          std::optional<Uuid> client = {});

asio::awaitable<std::optional<Interaction>> find_interaction(db::Executor& db, const Uuid& tenant, const Uuid& id);

/// Newest first.
asio::awaitable<http::Page<Interaction>> list_interactions(db::Executor& db, const Uuid& tenant,
                                                           const InteractionFilter& filter);

} // namespace trunkline::crm
