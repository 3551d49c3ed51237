// SPDX-License-Identifier: MIT
#include <crm/cases.hpp>

#include <crm/audit.hpp>
#include <crm/id_pages.hpp>
#include <crm/patches.hpp>
#include <crm/prospects.hpp>
#include <crm/row_reads.hpp>
#include <trunkline/db/transaction.hpp>

namespace trunkline::crm {

namespace {

/// The price is two columns.
struct CaseRow {
    Uuid id;
    Uuid client_id;
    std::string client_name;
    std::string case_type_code;
    std::string case_type_name;
    CaseStatus status = CaseStatus::inquiry;
    Priority priority = Priority::normal;
    std::optional<std::string> assigned_to;
    std::optional<std::string> notes;
    std::optional<std::int64_t> quoted_price_amount;
    std::optional<std::string> quoted_price_currency;
    Time created_at;
    std::string created_by;
};
BOOST_DESCRIBE_STRUCT(CaseRow, (),
                      (id, client_id, client_name, case_type_code, case_type_name, status, priority, assigned_to, notes,
                       quoted_price_amount, quoted_price_currency, created_at, created_by))

Case case_of(CaseRow row)
{
    return {row.id,
            row.client_id,
            std::move(row.client_name),
            std::move(row.case_type_code),
            std::move(row.case_type_name),
            row.status,
            row.priority,
            std::move(row.assigned_to),
            std::move(row.notes),
            money_from(row.quoted_price_amount, row.quoted_price_currency),
            row.created_at,
            std::move(row.created_by)};
}

db::SqlBuilder select_cases(const Uuid& tenant)
{
    return db::SqlBuilder(
        "SELECT k.id, k.client_id, c.full_name AS client_name, t.code AS case_type_code, t.name AS case_type_name,"
        " k.status, k.priority, k.assigned_to, k.notes, k.quoted_price_amount, k.quoted_price_currency, k.created_at,"
        " k.created_by FROM cases k JOIN clients c ON c.id = k.client_id JOIN case_types t ON t.id = k.case_type_id"
        " WHERE k.tenant_id = $1",
        tenant);
}

asio::awaitable<std::optional<Case>> lock_case(db::Executor& db, Uuid tenant, Uuid id)
{
    auto sql = select_cases(tenant);
    sql.add(db::by_engine{.postgresql = "AND k.id = $1 FOR UPDATE OF k", .sqlite = "AND k.id = $1"}, id);
    return fetch_only_as(db, std::move(sql), case_of);
}

Case case_from(const NewCase& input, const Client& client, const CaseType& type, const Editor& editor, Time now)
{
    Case made;
    made.id = db::new_uuid();
    made.client_id = client.id;
    made.client_name = client.full_name;
    made.case_type_code = type.code;
    made.case_type_name = type.name;
    made.status = input.status.value_or(CaseStatus::inquiry);
    made.priority = input.priority.value_or(Priority::normal);
    made.assigned_to = input.assigned_to.text();
    made.notes = input.notes.text();
    made.quoted_price = input.quoted_price ? input.quoted_price : type.base_price;
    made.created_at = now;
    made.created_by = editor.name;
    return made;
}

Case patched(Case one, const CasePatch& patch)
{
    if (patch.status.value()) one.status = *patch.status.value();
    if (patch.priority.value()) one.priority = *patch.priority.value();
    put(one.assigned_to, patch.assigned_to);
    put(one.notes, patch.notes);
    if (patch.quoted_price.given()) one.quoted_price = patch.quoted_price.value();
    return one;
}

void add_row(db::Batch& unit, const Uuid& tenant, const Uuid& type, const Case& made)
{
    unit.add("INSERT INTO cases (id, tenant_id, client_id, case_type_id, status, priority, assigned_to, notes,"
             " quoted_price_amount, quoted_price_currency, created_at, updated_at, created_by)"
             " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)",
             made.id, tenant, made.client_id, type, made.status, made.priority, made.assigned_to, made.notes,
             amount_of(made.quoted_price), currency_of(made.quoted_price), made.created_at, made.created_by);
}

asio::awaitable<void> write_row(db::Executor& db, Uuid tenant, const Case& one, Time now)
{
    auto written = db.execute(
        "UPDATE cases SET status = $3, priority = $4, assigned_to = $5, notes = $6, quoted_price_amount = $7,"
        " quoted_price_currency = $8, updated_at = $9 WHERE tenant_id = $1 AND id = $2",
        tenant, one.id, one.status, one.priority, one.assigned_to, one.notes, amount_of(one.quoted_price),
        currency_of(one.quoted_price), now);
    co_await std::move(written);
}

} // namespace

asio::awaitable<Outcome<Case>> create_case(db::Executor& db, const Editor& editor, const NewCase& input, Time now)
{
    auto tx = co_await db.begin();
    const auto client = co_await find_client(tx, editor.tenant_id, input.client_id);
    if (!client) co_return not_found("client");
    const auto type = co_await find_case_type(tx, editor.tenant_id, input.case_type_code.value());
    if (!type || !type->active) co_return not_found("active case type " + input.case_type_code.value());
    const Case made = case_from(input, *client, *type, editor, now);
    db::Batch unit;
    add_row(unit, editor.tenant_id, type->id, made);
    touch_last_interaction(unit, editor.tenant_id, client->id, now);
    add_audit(unit, editor, {"created", "case", made.id, changes_of_new(made)}, now);
    co_await tx.run(std::move(unit));
    co_await tx.commit();
    co_return made;
}

asio::awaitable<std::optional<Case>> find_case(db::Executor& db, const Uuid& tenant, const Uuid& id)
{
    auto sql = select_cases(tenant);
    sql.add("AND k.id = $1", id);
    return fetch_only_as(db, std::move(sql), case_of);
}

asio::awaitable<http::Page<Case>> list_cases(db::Executor& db, const Uuid& tenant, const CaseFilter& filter)
{
    auto sql = select_cases(tenant);
    if (filter.client_id) sql.add("AND k.client_id = $1", *filter.client_id);
    if (filter.status) sql.add("AND k.status = $1", *filter.status);
    if (filter.assigned_to) sql.add("AND k.assigned_to = $1", filter.assigned_to->value());
    if (filter.case_type) sql.add("AND t.code = $1", filter.case_type->value());
    if (filter.priority) sql.add("AND k.priority = $1", *filter.priority);
    if (filter.after) sql.add("AND k.id < $1", *filter.after);
    const std::int64_t limit = filter.limit.value();
    sql.add("ORDER BY k.id DESC LIMIT $1", limit + 1);
    co_return page_by_id(co_await fetch_as(db, std::move(sql), case_of), limit);
}

asio::awaitable<Outcome<Case>> change_case(db::Executor& db, const Editor& editor, const Uuid& id,
                                           const CasePatch& patch, Time now)
{
    if (gives_nothing(patch)) co_return nothing_given();
    auto emptied =
        refuse_emptied(patch, std::pair("status", &CasePatch::status), std::pair("priority", &CasePatch::priority));
    if (emptied) co_return std::move(*emptied);
    auto tx = co_await db.begin();
    const auto before = co_await lock_case(tx, editor.tenant_id, id);
    if (!before) co_return not_found("case");
    const Case after = patched(*before, patch);
    const AuditEntry entry{"updated", "case", id, changes_between(*before, after)};
    if (entry.changes.empty()) co_return after;
    co_await write_row(tx, editor.tenant_id, after, now);
    co_await write_audit(tx, editor, entry, now);
    co_await tx.commit();
    co_return after;
}

asio::awaitable<std::optional<Uuid>> find_open_case(db::Executor& db, const Uuid& tenant, const Uuid& client,
                                                    const Uuid& type, Time since)
{
    return db.fetch_optional<Uuid>(
        "SELECT id FROM cases WHERE tenant_id = $1 AND client_id = $2 AND case_type_id = $3 AND created_at >= $4"
        " AND status IN ('inquiry', 'quotation_sent', 'payment_pending', 'in_progress')"
        " ORDER BY created_at DESC, id DESC LIMIT 1",
        tenant, client, type, since);
}

asio::awaitable<Uuid> open_inquiry(db::Executor& db, const Editor& editor, const Uuid& client, const CaseType& type,
                                   std::string notes, Time now)
{
    Case made;
    made.id = db::new_uuid();
    made.client_id = client;
    if (!notes.empty()) made.notes = std::move(notes);
    made.quoted_price = type.base_price;
    made.created_at = now;
    made.created_by = editor.name;
    const json::object opened{{"before", nullptr}, {"after", type.code}};
    db::Batch unit;
    add_row(unit, editor.tenant_id, type.id, made);
    add_audit(unit, editor, {"created", "case", made.id, {{"case_type", opened}}}, now);
    co_await db.run(std::move(unit));
    co_return made.id;
}

} // namespace trunkline::crm
