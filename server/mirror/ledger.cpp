// SPDX-License-Identifier: MIT
#include <mirror/ledger.hpp>

namespace trunkline::mirror {

namespace {

struct Equals {
    std::string fingerprint;
    std::int64_t delivered = 0;
};
BOOST_DESCRIBE_STRUCT(Equals, (), (fingerprint, delivered))

} // namespace

asio::awaitable<std::map<std::string, std::int64_t>> delivered_equals(db::Executor& db, std::string target,
                                                                      std::span<const Letter> letters)
{
    std::map<std::string, std::int64_t> counts;
    db::SqlBuilder sql("SELECT fingerprint, count(*) AS delivered FROM mirror_deliveries WHERE fingerprint IN (NULL");
    bool any = false;
    for (const Letter& letter : letters) {
        if (!letter.in_doubt()) continue;
        sql.add(", $1", fingerprint(target, letter));
        any = true;
    }
    if (!any) co_return counts;
    sql.add(") GROUP BY fingerprint");
    const auto found = co_await db.fetch<Equals>(std::move(sql).build());
    for (const auto& equals : found) counts[equals.fingerprint] = equals.delivered;
    co_return counts;
}

asio::awaitable<void> note_delivered(db::Executor& db, std::string target, std::span<const Letter* const> letters,
                                     Time now)
{
    if (letters.empty()) co_return;
    db::Batch unit;
    for (const Letter* letter : letters) {
        unit.add("INSERT INTO mirror_deliveries (outbox_id, fingerprint)"
                 " SELECT id, $1 FROM outbox WHERE id = $2 AND lease_token = $3",
                 fingerprint(target, *letter), letter->claim.id, letter->claim.lease_token);
        outbox::add_finish(unit, letter->claim, now);
    }
    co_await db.run(std::move(unit));
}

} // namespace trunkline::mirror
