// SPDX-License-Identifier: MIT
#include <trunkline/db/error.hpp>

#include <gtest/gtest.h>

namespace trunkline::db {
namespace {

ErrorInfo with(std::string sqlstate, Outcome outcome = Outcome::rejected)
{
    ErrorInfo info;
    info.message = "it failed";
    info.sqlstate = std::move(sqlstate);
    info.outcome = outcome;
    return info;
}

/// What `throw_error` throws for it is exactly an E.
template <class E>
void expect_class(const char* sqlstate, Outcome outcome = Outcome::rejected)
{
    try {
        throw_error(with(sqlstate, outcome));
    } catch (const Error& error) {
        EXPECT_EQ(typeid(error), typeid(E)) << sqlstate << " is " << typeid(error).name();
        EXPECT_EQ(error.sqlstate(), sqlstate);
        EXPECT_EQ(error.outcome(), outcome);
    }
}

template <class E>
E made(const char* sqlstate, Outcome outcome)
{
    return E(with(sqlstate, outcome));
}

TEST(Error, the_sqlstate_chooses_the_class)
{
    expect_class<UniqueViolation>("23505");
    expect_class<ForeignKeyViolation>("23503");
    expect_class<CheckViolation>("23502");
    expect_class<CheckViolation>("23514");
    expect_class<SerializationFailure>("40001");
    expect_class<SerializationFailure>("40P01");
    expect_class<CommandTimeout>("57014");
    expect_class<DiskFull>("53100");
    expect_class<Error>("42P01");
    expect_class<Error>("");
}

TEST(Error, a_refusal_at_the_door_is_not_a_lost_connection)
{
    for (const char* state : {"08001", "08004", "28000", "28P01", "3D000", "57P03", "53300"})
        expect_class<ConnectFailed>(state, Outcome::not_sent);
    for (const char* state : {"28000", "3D000", "57P03", "53300"}) expect_class<Error>(state, Outcome::rejected);
}

TEST(Error, what_ends_the_session_is_a_lost_connection)
{
    for (const Outcome outcome : {Outcome::not_sent, Outcome::rejected, Outcome::unknown})
        for (const char* state : {"08003", "08006", "57P01", "57P02", "57P04", "57P05", "25P03"})
            expect_class<ConnectionLost>(state, outcome);
    expect_class<ConnectionLost>("08001", Outcome::unknown);
}

TEST(Error, only_what_left_nothing_behind_and_may_pass_is_retryable)
{
    EXPECT_TRUE(made<SerializationFailure>("40001", Outcome::rejected).retryable());
    EXPECT_TRUE(made<SerializationFailure>("40P01", Outcome::rejected).retryable());
    EXPECT_TRUE(made<ConnectionLost>("08006", Outcome::not_sent).retryable());
    EXPECT_TRUE(made<ConnectFailed>("57P03", Outcome::not_sent).retryable());
    EXPECT_TRUE(made<ConnectFailed>("53300", Outcome::not_sent).retryable());
    EXPECT_TRUE(made<ConnectFailed>("08001", Outcome::not_sent).retryable());

    EXPECT_FALSE(made<ConnectionLost>("08006", Outcome::rejected).retryable());
    EXPECT_FALSE(made<ConnectFailed>("28P01", Outcome::not_sent).retryable()) << "the password will not get better";
    EXPECT_FALSE(made<ConnectFailed>("3D000", Outcome::not_sent).retryable());
    EXPECT_FALSE(made<UniqueViolation>("23505", Outcome::rejected).retryable());
    EXPECT_FALSE(made<CommandTimeout>("57014", Outcome::rejected).retryable());
    EXPECT_FALSE(made<AcquireTimeout>("", Outcome::not_sent).retryable()) << "it would only lengthen the queue";
    EXPECT_FALSE(made<DecodeError>("22003", Outcome::applied).retryable());
}

TEST(Error, it_is_never_retryable_when_something_may_have_been_done)
{
    for (const Outcome outcome : {Outcome::applied, Outcome::unknown})
        for (const char* state : {"40001", "40P01", "57P03", "53300", "08001", "08006", "57P01"})
            EXPECT_FALSE(made<ConnectionLost>(state, outcome).retryable()) << state;
}

TEST(Error, what_the_database_could_not_serve_is_unavailable)
{
    EXPECT_TRUE(made<AcquireTimeout>("", Outcome::not_sent).unavailable());
    EXPECT_TRUE(made<ConnectFailed>("28P01", Outcome::not_sent).unavailable());
    EXPECT_TRUE(made<ConnectionLost>("08006", Outcome::unknown).unavailable());
    EXPECT_TRUE(made<PoolClosed>("", Outcome::not_sent).unavailable());
    EXPECT_TRUE(made<DiskFull>("53100", Outcome::rejected).unavailable());
    EXPECT_TRUE(made<CommandTimeout>("57014", Outcome::rejected).unavailable());
    EXPECT_TRUE(made<Error>("53200", Outcome::rejected).unavailable());
    EXPECT_TRUE(made<Error>("57P03", Outcome::rejected).unavailable());

    EXPECT_FALSE(made<UniqueViolation>("23505", Outcome::rejected).unavailable());
    EXPECT_FALSE(made<SerializationFailure>("40001", Outcome::rejected).unavailable());
    EXPECT_FALSE(made<Error>("42601", Outcome::rejected).unavailable());
    EXPECT_FALSE(made<DecodeError>("22003", Outcome::applied).unavailable());
    EXPECT_FALSE(made<NoRows>("", Outcome::applied).unavailable());
}

TEST(Error, what_it_says_has_the_state_the_place_and_the_statement)
{
    ErrorInfo info = with("23505");
    info.message = "a row with this key exists already";
    info.statement = "INSERT INTO clients\n    (id, email)\n\tVALUES ($1, $2)";
    info.place = std::source_location::current();
    info.index = 2;
    const std::string line = std::to_string(info.place.line());
    EXPECT_EQ(std::string(Error(info).what()),
              "a row with this key exists already (SQLSTATE 23505); member 2 of the unit at error_test.cpp:" + line +
                  ": INSERT INTO clients (id, email) VALUES ($1, $2)");
}

TEST(Error, what_it_says_leaves_out_what_is_not_known)
{
    ErrorInfo info;
    info.message = "the pool is drained";
    EXPECT_STREQ(Error(info).what(), "the pool is drained");
    EXPECT_STREQ(Error(ErrorInfo{}).what(), "the database call failed");
}

TEST(Error, an_unknown_outcome_is_said)
{
    const Error error(with("08006", Outcome::unknown));
    EXPECT_STREQ(error.what(), "it failed (SQLSTATE 08006); whether it was done is unknown");
}

TEST(Error, a_long_statement_is_cut_between_characters)
{
    for (std::size_t padding = 0; padding < 8; ++padding) {
        ErrorInfo info = with("");
        info.statement = std::string(padding, 'x');
        for (int i = 0; i < 200; ++i) info.statement += "ж"; // two bytes each
        const std::string said = Error(info).what();
        const std::string shown = said.substr(said.find(": ") + 2);
        ASSERT_TRUE(shown.ends_with("…"));
        const std::string kept = shown.substr(0, shown.size() - std::string_view("…").size());
        EXPECT_LE(kept.size(), 200u);
        EXPECT_GE(kept.size(), 199u);
        EXPECT_TRUE(info.statement.starts_with(kept));
        EXPECT_EQ((kept.size() - padding) % 2, 0u) << "half a character";
    }
    ErrorInfo info = with("");
    info.statement = std::string(200, 'x');
    EXPECT_TRUE(std::string(Error(info).what()).ends_with(std::string(200, 'x')));
    EXPECT_EQ(Error(info).statement().size(), 200u);
}

TEST(Outcome, it_has_a_name)
{
    EXPECT_EQ(to_string(Outcome::not_sent), "not_sent");
    EXPECT_EQ(to_string(Outcome::rejected), "rejected");
    EXPECT_EQ(to_string(Outcome::applied), "applied");
    EXPECT_EQ(to_string(Outcome::unknown), "unknown");
}

} // namespace
} // namespace trunkline::db
