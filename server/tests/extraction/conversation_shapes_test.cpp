// SPDX-License-Identifier: MIT
#include <conversations/conversation.hpp>
#include <crm/client_conversations.hpp>

#include <gtest/gtest.h>

namespace trunkline::extraction::testing {

// Extraction is the lowest room that knows both.

TEST(ConversationShapes, staff_read_a_conversation_as_its_owner_does)
{
    EXPECT_EQ(to_json(crm::ConversationRead{}), to_json(conversations::Conversation{}));
    EXPECT_EQ(to_json(crm::MessageRead{}), to_json(conversations::Message{}));
}

} // namespace trunkline::extraction::testing
