// SPDX-License-Identifier: MIT
#include <crm/candidates.hpp>
#include <crm/prospects.hpp>
#include <crm/support/crm_desk.hpp>

#include <trunkline/db/transaction.hpp>

namespace trunkline::crm::testing {

namespace {

struct Prospects : CrmDesk {
    Editor house = system_editor(database.tenant);
    Time now = database.clock.now();

    ProspectMade insert(const Prospect& prospect)
    {
        return database.run(insert_prospect(database.pool(), house, prospect, now));
    }
    Filled fill(const Uuid& client, const Learnt& learnt)
    {
        auto filled = database.run(fill_empty(database.pool(), house, client, learnt, now));
        if (!filled) throw std::runtime_error("there is no such client");
        return *filled;
    }
    Client read(const Uuid& id) { return *database.run(find_client(database.pool(), database.tenant, id)); }
    std::string name_of(const Uuid& id) { return read(id).full_name; }
};

Prospect ada()
{
    Prospect prospect;
    prospect.full_name = "ada";
    prospect.name_is_stand_in = true;
    prospect.email = "ada@crm.example.test";
    return prospect;
}

} // namespace

TEST_P(Prospects, two_at_once_with_one_address_are_one_client)
{
    std::vector<ProspectMade> made;
    int failed = 0;
    const Prospect prospect = ada();
    for (int i = 0; i < 6; ++i)
        asio::co_spawn(database.io, insert_prospect(database.pool(), house, prospect, now),
                       [&](std::exception_ptr failure, ProspectMade one) {
                           if (failure) ++failed;
                           else made.push_back(std::move(one));
                       });
    database.until([&] { return made.size() + static_cast<std::size_t>(failed) == 6; });
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(std::ranges::count_if(made, &ProspectMade::created), 1);
    for (const auto& one : made) EXPECT_EQ(one.client.id, made[0].client.id);
    EXPECT_EQ(count("SELECT count(*) FROM clients"), 1);
}

TEST_P(Prospects, what_is_there_is_never_replaced)
{
    Prospect known = ada();
    known.name_is_stand_in = false;
    known.phone = "+19776252661";
    const Uuid id = insert(known).client.id;
    const auto filled = fill(id, {"Ada Lovelace", "other@crm.example.test", "+15550100", std::nullopt, "British"});
    EXPECT_EQ(filled.fields, Texts{"nationality"});
    EXPECT_EQ(filled.client.full_name, "ada");
    EXPECT_EQ(filled.client.email, "ada@crm.example.test");
    EXPECT_EQ(filled.client.phone, "+19776252661");
    EXPECT_EQ(read(id).nationality, "British");
}

TEST_P(Prospects, a_stand_in_name_counts_as_empty_until_somebody_gives_one)
{
    const Uuid id = insert(ada()).client.id;
    EXPECT_EQ(fill(id, {"Ada Lovelace", {}, {}, {}, {}}).fields, Texts{"full_name"});
    EXPECT_TRUE(fill(id, {"Somebody Else", {}, {}, {}, {}}).fields.empty());
    EXPECT_EQ(name_of(id), "Ada Lovelace");
}

TEST_P(Prospects, a_name_that_staff_gave_is_no_stand_in)
{
    const Uuid id = insert(ada()).client.id;
    EXPECT_EQ(patch(at("/clients", id), R"({"full_name":"Countess","notes":"met"})").status, 200);
    EXPECT_TRUE(fill(id, {"Ada Lovelace", {}, {}, {}, {}}).fields.empty());
    EXPECT_EQ(name_of(id), "Countess");
}

TEST_P(Prospects, an_address_of_another_client_is_left_out_and_the_rest_is_kept)
{
    (void)insert(ada());
    Prospect by_phone;
    by_phone.full_name = "Unknown";
    by_phone.name_is_stand_in = true;
    by_phone.phone = "+15550100";
    const Uuid id = insert(by_phone).client.id;
    const auto filled = fill(id, {"Bob", "ada@crm.example.test", {}, {}, {}});
    EXPECT_EQ(filled.fields, Texts{"full_name"});
    EXPECT_FALSE(read(id).email);
}

TEST_P(Prospects, filling_within_a_transaction_survives_a_taken_address)
{
    (void)insert(ada());
    Prospect by_phone;
    by_phone.full_name = "Bob";
    by_phone.phone = "+15550100";
    const auto all = [&]() -> asio::awaitable<Uuid> {
        auto tx = co_await database.pool().begin();
        const auto made = co_await insert_prospect(tx, house, by_phone, now);
        Learnt learnt;
        learnt.email = "ada@crm.example.test";
        learnt.nationality = "Danish";
        (void)co_await fill_empty(tx, house, made.client.id, learnt, now);
        co_await tx.commit();
        co_return made.client.id;
    };
    EXPECT_EQ(read(database.run(all())).nationality, "Danish");
}

TEST_P(Prospects, what_is_filled_is_in_the_audit_as_the_systems_work)
{
    const Uuid id = insert(ada()).client.id;
    (void)fill(id, {{}, {}, "+15550100", {}, {}});
    (void)fill(id, {{}, {}, "+15550100", {}, {}});
    const auto rows = audit_of("client", id);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_TRUE(rows[0].starts_with("created by system"));
    EXPECT_EQ(rows[1], R"(updated by system {"phone":{"after":"+15550100","before":null}})");
}

TEST_P(Prospects, the_last_interaction_never_goes_back)
{
    const Uuid id = insert(ada()).client.id;
    db::Batch unit;
    touch_last_interaction(unit, database.tenant, id, now + std::chrono::hours(2));
    touch_last_interaction(unit, database.tenant, id, now + std::chrono::hours(1));
    (void)database.run(database.pool().run(std::move(unit)));
    EXPECT_EQ(read(id).last_interaction_at, now + std::chrono::hours(2));
    EXPECT_EQ(read(id).first_contact_at, now);
}

TEST_P(Prospects, nothing_is_found_or_filled_across_tenants)
{
    const Uuid id = insert(ada()).client.id;
    const std::string email = "ada@crm.example.test";
    EXPECT_TRUE(database.run(candidate_by_email(database.pool(), database.tenant, email)));
    EXPECT_FALSE(database.run(candidate_by_email(database.pool(), database.other_tenant, email)));
    const Editor other = system_editor(database.other_tenant);
    Learnt learnt;
    learnt.nationality = "German";
    EXPECT_FALSE(database.run(fill_empty(database.pool(), other, id, learnt, now)));
    EXPECT_FALSE(read(id).nationality);
}

INSTANTIATE_TEST_SUITE_P(Engines, Prospects, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::crm::testing
