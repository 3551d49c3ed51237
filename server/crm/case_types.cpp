// SPDX-License-Identifier: MIT
#include <crm/case_types.hpp>

#include <crm/audit.hpp>
#include <crm/patches.hpp>
#include <crm/row_reads.hpp>
#include <trunkline/db/transaction.hpp>

namespace trunkline::crm {

namespace {

/// The price is two columns.
struct CaseTypeRow {
    Uuid id;
    std::string code;
    std::string name;
    std::string category;
    std::optional<std::string> description;
    WordList keywords;
    std::optional<std::int64_t> base_price_amount;
    std::optional<std::string> base_price_currency;
    bool active = true;
};
BOOST_DESCRIBE_STRUCT(CaseTypeRow, (),
                      (id, code, name, category, description, keywords, base_price_amount, base_price_currency, active))

CaseType case_type_of(CaseTypeRow row)
{
    return {row.id,
            std::move(row.code),
            std::move(row.name),
            std::move(row.category),
            std::move(row.description),
            std::move(row.keywords),
            money_from(row.base_price_amount, row.base_price_currency),
            row.active};
}

db::SqlBuilder select_types(const Uuid& tenant)
{
    return db::SqlBuilder(
        "SELECT id, code, name, category, description, keywords, base_price_amount, base_price_currency, active"
        " FROM case_types WHERE tenant_id = $1",
        tenant);
}

asio::awaitable<std::optional<CaseType>> lock_type(db::Executor& db, Uuid tenant, Uuid id)
{
    auto sql = select_types(tenant);
    sql.add(db::by_engine{.postgresql = "AND id = $1 FOR UPDATE", .sqlite = "AND id = $1"}, id);
    return fetch_only_as(db, std::move(sql), case_type_of);
}

bool is_code(std::string_view text)
{
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.';
    };
    return std::ranges::all_of(text, fits);
}

CaseType patched(CaseType type, const CaseTypePatch& patch)
{
    if (patch.name.value()) type.name = patch.name.value()->value();
    if (patch.category.value()) type.category = patch.category.value()->value();
    put(type.description, patch.description);
    if (patch.keywords.given()) type.keywords = patch.keywords.value().value_or(WordList());
    if (patch.base_price.given()) type.base_price = patch.base_price.value();
    if (patch.active.value()) type.active = *patch.active.value();
    return type;
}

asio::awaitable<bool> insert_row(db::Executor& db, Uuid tenant, const CaseType& made, Time now)
{
    auto inserted = db.execute(
        "INSERT INTO case_types (id, tenant_id, code, name, category, description, keywords, base_price_amount,"
        " base_price_currency, active, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (tenant_id, code) DO NOTHING",
        made.id, tenant, made.code, made.name, made.category, made.description, made.keywords,
        amount_of(made.base_price), currency_of(made.base_price), made.active, now);
    co_return co_await std::move(inserted) == 1;
}

asio::awaitable<void> write_row(db::Executor& db, Uuid tenant, const CaseType& type)
{
    auto written = db.execute(
        "UPDATE case_types SET name = $3, category = $4, description = $5, keywords = $6, base_price_amount = $7,"
        " base_price_currency = $8, active = $9 WHERE tenant_id = $1 AND id = $2",
        tenant, type.id, type.name, type.category, type.description, type.keywords, amount_of(type.base_price),
        currency_of(type.base_price), type.active);
    co_await std::move(written);
}

} // namespace

asio::awaitable<std::vector<CaseType>> list_case_types(db::Executor& db, const Uuid& tenant)
{
    auto sql = select_types(tenant);
    sql.add("ORDER BY id LIMIT 500");
    return fetch_as(db, std::move(sql), case_type_of);
}

asio::awaitable<std::vector<CaseType>> list_active_case_types(db::Executor& db, const Uuid& tenant)
{
    auto sql = select_types(tenant);
    sql.add("AND active ORDER BY code");
    return fetch_as(db, std::move(sql), case_type_of);
}

asio::awaitable<std::optional<CaseType>> find_case_type(db::Executor& db, const Uuid& tenant, std::string code)
{
    auto sql = select_types(tenant);
    sql.add("AND code = $1", code);
    return fetch_only_as(db, std::move(sql), case_type_of);
}

asio::awaitable<Outcome<CaseType>> create_case_type(db::Executor& db, const Editor& editor, const NewCaseType& input,
                                                    Time now)
{
    if (!is_code(input.code.value()))
        co_return invalid("/code", "must be letters of a to z, digits, \"_\", \"-\" and \".\": WP-1");
    const CaseType made{db::new_uuid(),           input.code.value(),
                        input.name.value(),       input.category.value(),
                        input.description.text(), input.keywords.value_or(WordList()),
                        input.base_price,         true};
    auto tx = co_await db.begin();
    if (!co_await insert_row(tx, editor.tenant_id, made, now))
        co_return conflict("there is a case type with the code " + made.code + " already");
    const AuditEntry entry{"created", "case_type", made.id, changes_of_new(made)};
    co_await write_audit(tx, editor, entry, now);
    co_await tx.commit();
    co_return made;
}

asio::awaitable<Outcome<CaseType>> change_case_type(db::Executor& db, const Editor& editor, const Uuid& id,
                                                    const CaseTypePatch& patch, Time now)
{
    using P = CaseTypePatch;
    if (gives_nothing(patch)) co_return nothing_given();
    auto emptied = refuse_emptied(patch, std::pair("name", &P::name), std::pair("category", &P::category),
                                  std::pair("active", &P::active));
    if (emptied) co_return std::move(*emptied);
    auto tx = co_await db.begin();
    const auto before = co_await lock_type(tx, editor.tenant_id, id);
    if (!before) co_return not_found("case type");
    const CaseType after = patched(*before, patch);
    const AuditEntry entry{"updated", "case_type", id, changes_between(*before, after)};
    if (entry.changes.empty()) co_return after;
    co_await write_row(tx, editor.tenant_id, after);
    co_await write_audit(tx, editor, entry, now);
    co_await tx.commit();
    co_return after;
}

} // namespace trunkline::crm
