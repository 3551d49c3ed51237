// SPDX-License-Identifier: MIT
#include <agents/chat_chunks.hpp>
#include <agents/sse_parser.hpp>
#include <agents/utf8_joiner.hpp>

#include <gtest/gtest.h>

#include <random>

namespace trunkline::agents {

namespace {

/// `bytes` in pieces that are cut anywhere.
std::vector<std::string> cut(const std::string& bytes, std::mt19937& random, std::size_t longest)
{
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t length = random() % (longest + 1);
        pieces.push_back(bytes.substr(at, length));
        at += pieces.back().size();
    }
    return pieces;
}

std::vector<SseEvent> events_of(const std::vector<std::string>& pieces)
{
    SseParser parser;
    std::vector<SseEvent> events;
    for (const std::string& piece : pieces)
        for (SseEvent& event : parser.push(piece)) events.push_back(std::move(event));
    if (auto last = parser.finish()) events.push_back(std::move(*last));
    return events;
}

std::vector<SseEvent> events_of(const std::string& bytes) { return events_of(std::vector{bytes}); }

std::string joined(const std::vector<std::string>& pieces)
{
    Utf8Joiner joiner;
    std::string text;
    for (const std::string& piece : pieces) text += joiner.push(piece);
    return text + joiner.finish();
}

const std::string nasty = "\xEF\xBB\xBF: comment\r\n"
                          "data: one\r\n\r\n"
                          "event: named\ndata:two\ndata: lines\n\n"
                          "data: \xC3\xA9\xF0\x9F\x98\x80\r\r"
                          "id: 7\nretry: 10\n\n"
                          ":\n\n"
                          "data\n\n"
                          "data: {\"a\": \"b:c\"}\r\n\r\n"
                          "data: last without an end";

} // namespace

TEST(SseParser, reads_names_lines_comments_and_all_kinds_of_line_ends)
{
    const std::vector<SseEvent> expected{
        {"message", "one"}, {"named", "two\nlines"},         {"message", "\xC3\xA9\xF0\x9F\x98\x80"},
        {"message", ""},    {"message", "{\"a\": \"b:c\"}"}, {"message", "last without an end"}};
    EXPECT_EQ(events_of(nasty), expected);
}

TEST(SseParser, any_cut_of_the_stream_gives_the_same_events)
{
    std::mt19937 random(7);
    const auto whole = events_of(nasty);
    std::vector<std::string> bytes;
    for (const char c : nasty) bytes.emplace_back(1, c);
    EXPECT_EQ(events_of(bytes), whole);
    for (int round = 0; round < 2'000; ++round)
        ASSERT_EQ(events_of(cut(nasty, random, 1 + random() % 20)), whole) << "round " << round;
}

TEST(SseParser, an_event_cannot_grow_without_end)
{
    SseParser parser;
    const std::string block(64 * 1024, 'x');
    EXPECT_THROW(
        {
            for (int i = 0; i < 20; ++i) (void)parser.push(block);
        },
        SseTooLarge);
}

TEST(Utf8Joiner, any_cut_gives_the_same_whole_characters)
{
    const std::string text = "aé€😀\n漢字 ﷽ Zoë \xF4\x8F\xBF\xBF";
    std::mt19937 random(11);
    for (int round = 0; round < 2'000; ++round) {
        Utf8Joiner joiner;
        std::string so_far;
        for (const std::string& piece : cut(text, random, 3)) {
            const std::string whole = joiner.push(piece);
            Utf8Joiner strict;
            ASSERT_EQ(strict.push(whole), whole);
            ASSERT_EQ(strict.finish(), "") << "a broken character was given out";
            so_far += whole;
        }
        ASSERT_EQ(so_far + joiner.finish(), text);
    }
}

TEST(Utf8Joiner, what_is_no_text_becomes_a_replacement_however_it_is_cut)
{
    const std::string bad =
        std::string("a\0b", 3) + "\xC0\xAF" + "\xED\xA0\x80" + "\xFF" + "\xE2\x82" + "x\xF4\x90\x80\x80" + "\xF0\x9F";
    const std::string whole = joined({bad});
    EXPECT_EQ(whole.substr(0, 5), "a\xEF\xBF\xBD"
                                  "b");
    EXPECT_TRUE(whole.ends_with("\xEF\xBF\xBD"));
    std::mt19937 random(13);
    for (int round = 0; round < 1'000; ++round) ASSERT_EQ(joined(cut(bad, random, 3)), whole);
}

TEST(ChatChunks, a_piece_has_the_text_of_its_first_choice)
{
    const ChatChunk chunk =
        read_chunk(R"({"id":"x","choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}]})");
    EXPECT_EQ(chunk.text, "Hel");
    EXPECT_FALSE(chunk.error);
    EXPECT_FALSE(chunk.done);
}

TEST(ChatChunks, pieces_without_text_say_nothing)
{
    for (const char* data :
         {R"({"choices":[{"delta":{"role":"assistant"}}]})", R"({"choices":[],"usage":{"total_tokens":3}})",
          R"({"choices":[{"delta":{"content":null}}]})", R"({"choices":[{}]})", R"({"choices":[3]})",
          R"({"choices":{}})", "{}", R"({"error":null,"choices":[]})"}) {
        const ChatChunk chunk = read_chunk(data);
        EXPECT_EQ(chunk.text, "") << data;
        EXPECT_FALSE(chunk.error) << data;
        EXPECT_FALSE(chunk.done) << data;
    }
}

TEST(ChatChunks, the_end_is_done)
{
    EXPECT_TRUE(read_chunk("[DONE]").done);
    EXPECT_TRUE(read_chunk(" [DONE] ").done);
    EXPECT_TRUE(read_chunk(R"({"choices":[{"delta":{"content":"x"},"finish_reason":"length"}]})").cut);
}

TEST(ChatChunks, an_error_is_found_in_each_of_its_forms)
{
    EXPECT_EQ(read_chunk(R"({"error":{"message":"overloaded","code":529}})").error, "overloaded");
    EXPECT_EQ(read_chunk(R"({"error":"overloaded"})").error, "overloaded");
    EXPECT_EQ(read_chunk(R"({"object":"error","message":"overloaded"})").error, "overloaded");
    EXPECT_EQ(read_chunk(R"({"error":{}})").error, "it reported an error");
    for (const char* data : {"<html>", "", "[1]", "\"text\"", "{\"a\":"})
        EXPECT_TRUE(read_chunk(data).error.has_value()) << data;
}

TEST(ChatChunks, an_error_is_one_line_that_can_be_shown)
{
    const std::string shown =
        read_error(R"({"error":{"message":"first\nsecond\u0007 )" + std::string(1000, 'x') + R"("}})");
    EXPECT_TRUE(shown.starts_with("first second  xxx"));
    EXPECT_EQ(shown.size(), 300u);
    EXPECT_EQ(read_error("<html>Bad Gateway</html>"), "");
    EXPECT_EQ(read_error(R"({"detail":"Not Found"})"), "Not Found");
}

TEST(ChatChunks, half_a_character_is_no_error)
{
    EXPECT_EQ(read_chunk("{\"choices\":[{\"delta\":{\"content\":\"\xF0\x9F\"}}]}").text, "\xF0\x9F");
    EXPECT_EQ(read_chunk(R"({"choices":[{"delta":{"content":"a\ud83d"}}]})").text, "a\xEF\xBF\xBD");
    EXPECT_EQ(read_chunk(R"({"choices":[{"delta":{"content":"\\ud83d \ud83d\ude00 \ude00"}}]})").text,
              "\\ud83d \xF0\x9F\x98\x80 \xEF\xBF\xBD");
}

TEST(ChatChunks, a_whole_answer_is_read_too)
{
    EXPECT_EQ(read_completion(R"({"choices":[{"message":{"role":"assistant","content":"Hello"}}]})").text, "Hello");
}

} // namespace trunkline::agents
