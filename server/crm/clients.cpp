// SPDX-License-Identifier: MIT
#include <crm/clients.hpp>

#include <crm/audit.hpp>
#include <crm/client_rows.hpp>
#include <crm/id_pages.hpp>
#include <crm/patches.hpp>
#include <crm/phone_parser.hpp>
#include <crm/row_reads.hpp>
#include <trunkline/db/transaction.hpp>

namespace trunkline::crm {

namespace {

Refusal taken() { return conflict("there is a client with this e-mail address already; an inactive one counts too"); }

Refusal unreachable(std::string pointer)
{
    return invalid(std::move(pointer), "an e-mail address or a telephone number is needed: a client must be reachable");
}

/// Staff never become clients.
asio::awaitable<std::optional<Refusal>> refuse_staff(db::Executor& db, Uuid tenant, std::optional<std::string> email)
{
    if (!email) co_return std::nullopt;
    const auto staff = co_await db.fetch<Uuid>(
        "SELECT id FROM users WHERE tenant_id = $1 AND email = $2 AND role <> 'customer'", tenant, *email);
    if (staff.empty()) co_return std::nullopt;
    co_return conflict("this is the address of somebody who works here, who cannot be a client");
}

/// A number of the client that was just typed, and the field it was typed into.
struct TypedNumber {
    const char* pointer;
    std::optional<std::string>* number;
};

/// Puts the numbers into the form E.164, as they are when they are found in a conversation: one person is one number.
/// Otherwise says which are no complete numbers.
std::optional<Refusal> normalise(const std::vector<TypedNumber>& typed, const std::string& region)
{
    Refusal refusal{Refused::invalid, "the input is not valid", {}, 0};
    for (const auto& [pointer, number] : typed) {
        if (!*number) continue;
        if (auto normal = parse_phone(**number, region, PhoneCheck::possible)) *number = std::move(normal);
        else
            refusal.fields.push_back({pointer, "must be a complete telephone number: with + and the country's code" +
                                                   (region.empty() ? "" : ", or one of " + region)});
    }
    if (refusal.fields.empty()) return std::nullopt;
    return refusal;
}

asio::awaitable<std::optional<Refusal>> normalise_in(db::Executor& db, Uuid tenant, std::vector<TypedNumber> typed)
{
    if (std::ranges::none_of(typed, [](const TypedNumber& one) { return one.number->has_value(); }))
        co_return std::nullopt;
    const auto region =
        co_await db.fetch_value<std::string>("SELECT default_region FROM tenants WHERE id = $1", tenant);
    co_return normalise(typed, region);
}

Client client_from(const NewClient& input, const Editor& editor, Time now)
{
    Client made;
    made.id = db::new_uuid();
    made.full_name = input.full_name.value();
    made.email = input.email.text();
    made.phone = input.phone.text();
    made.whatsapp = input.whatsapp.text();
    made.nationality = input.nationality.text();
    made.company = input.company.text();
    made.status = input.status.value_or(ClientStatus::prospect);
    made.client_type = input.client_type.value_or(ClientType::individual);
    made.assigned_to = input.assigned_to.text();
    made.notes = input.notes.text();
    made.tags = input.tags.value_or(WordList());
    made.created_at = now;
    made.created_by = editor.name;
    return made;
}

Client patched(Client client, const ClientPatch& patch)
{
    if (patch.full_name.value()) client.full_name = patch.full_name.value()->value();
    put(client.email, patch.email);
    put(client.phone, patch.phone);
    put(client.whatsapp, patch.whatsapp);
    put(client.nationality, patch.nationality);
    put(client.company, patch.company);
    if (patch.status.value()) client.status = *patch.status.value();
    if (patch.client_type.value()) client.client_type = *patch.client_type.value();
    put(client.assigned_to, patch.assigned_to);
    put(client.notes, patch.notes);
    if (patch.tags.given()) client.tags = patch.tags.value().value_or(WordList());
    return client;
}

asio::awaitable<void> write_row(db::Executor& db, Uuid tenant, const Client& client, bool name_given, Time now)
{
    auto written =
        db.execute("UPDATE clients SET full_name = $3, email = $4, phone = $5, whatsapp = $6, nationality = $7,"
                   " company = $8, status = $9, client_type = $10, assigned_to = $11, notes = $12, tags = $13,"
                   " name_is_stand_in = (name_is_stand_in AND NOT $14), updated_at = $15"
                   " WHERE tenant_id = $1 AND id = $2",
                   tenant, client.id, client.full_name, client.email, client.phone, client.whatsapp, client.nationality,
                   client.company, client.status, client.client_type, client.assigned_to, client.notes, client.tags,
                   name_given, now);
    co_await std::move(written);
}

/// What is between begin and commit of `change_client`.
asio::awaitable<Outcome<Client>> change_locked(db::Executor& tx, const Editor& editor, Uuid id,
                                               const ClientPatch& patch, Time now)
{
    const auto before = co_await lock_client(tx, editor.tenant_id, id);
    if (!before) co_return not_found("client");
    Client after = patched(*before, patch);
    std::vector<TypedNumber> typed;
    if (patch.phone.given()) typed.push_back({"/phone", &after.phone});
    if (patch.whatsapp.given()) typed.push_back({"/whatsapp", &after.whatsapp});
    if (auto incomplete = co_await normalise_in(tx, editor.tenant_id, typed)) co_return std::move(*incomplete);
    if (!after.email && !after.phone) co_return unreachable(patch.phone.given() ? "/phone" : "/email");
    if (after.email != before->email)
        if (auto staff = co_await refuse_staff(tx, editor.tenant_id, after.email)) co_return std::move(*staff);
    AuditEntry entry{"updated", "client", id, changes_between(*before, after)};
    if (entry.changes.empty()) co_return *before;
    if (after.status == ClientStatus::inactive && entry.changes.size() == 1) entry.action = "deactivated";
    co_await write_row(tx, editor.tenant_id, after, patch.full_name.given(), now);
    co_await write_audit(tx, editor, entry, now);
    co_return after;
}

/// A number is found as people write it, too: "977 625" is in "+19776252661", and so is "0171 12" in "+491711234567",
/// which has none of the zeros that are dialled in front.
std::string searched_number(std::string_view part)
{
    const auto number = Phone::parse(part);
    if (!number) return std::string(part);
    const std::size_t first = number->value().find_first_not_of('0');
    return first == std::string::npos ? number->value() : number->value().substr(first);
}

} // namespace

std::string pattern_of(std::string_view part)
{
    std::string pattern = "%";
    for (const char c : part) {
        if (c == '%' || c == '_' || c == '!') pattern += '!';
        pattern += c;
    }
    return pattern + '%';
}

asio::awaitable<std::optional<Client>> find_client(db::Executor& db, const Uuid& tenant, const Uuid& id)
{
    auto sql = select_clients(tenant);
    sql.add("AND id = $1", id);
    return fetch_only<Client>(db, std::move(sql));
}

asio::awaitable<std::optional<Client>> lock_client(db::Executor& db, const Uuid& tenant, const Uuid& id)
{
    auto sql = select_clients(tenant);
    // On SQLite a transaction that writes is alone already.
    sql.add(db::by_engine{.postgresql = "AND id = $1 FOR UPDATE", .sqlite = "AND id = $1"}, id);
    return fetch_only<Client>(db, std::move(sql));
}

asio::awaitable<http::Page<Client>> list_clients(db::Executor& db, const Uuid& tenant, const ClientFilter& filter)
{
    auto sql = select_clients(tenant);
    const std::string_view part = filter.search ? trimmed(filter.search->value()) : std::string_view();
    if (!part.empty()) {
        sql.add(
            db::by_engine{
                .postgresql =
                    "AND (full_name ILIKE $1 ESCAPE '!' OR email ILIKE $1 ESCAPE '!' OR phone LIKE $2 ESCAPE '!')",
                .sqlite = "AND (full_name LIKE $1 ESCAPE '!' OR email LIKE $1 ESCAPE '!' OR phone LIKE $2 ESCAPE '!')"},
            pattern_of(part), pattern_of(searched_number(part)));
    }
    if (filter.status) sql.add("AND status = $1", *filter.status);
    if (filter.assigned_to) sql.add("AND assigned_to = $1", filter.assigned_to->value());
    if (filter.after) sql.add("AND id < $1", *filter.after);
    const std::int64_t limit = filter.limit.value();
    sql.add("ORDER BY id DESC LIMIT $1", limit + 1);
    auto asked = db.fetch<Client>(std::move(sql).build());
    co_return page_by_id(co_await std::move(asked), limit);
}

asio::awaitable<Outcome<Client>> create_client(db::Executor& db, const Editor& editor, const NewClient& input, Time now)
{
    Client made = client_from(input, editor, now);
    if (!made.email && !made.phone) co_return unreachable("/email");
    auto tx = co_await db.begin();
    const std::vector<TypedNumber> typed{{"/phone", &made.phone}, {"/whatsapp", &made.whatsapp}};
    if (auto incomplete = co_await normalise_in(tx, editor.tenant_id, typed)) co_return std::move(*incomplete);
    if (auto staff = co_await refuse_staff(tx, editor.tenant_id, made.email)) co_return std::move(*staff);
    if (!co_await insert_client_row(tx, editor.tenant_id, made, false)) co_return taken();
    const AuditEntry entry{"created", "client", made.id, changes_of_new(made)};
    co_await write_audit(tx, editor, entry, now);
    co_await tx.commit();
    co_return made;
}

asio::awaitable<Outcome<Client>> change_client(db::Executor& db, const Editor& editor, const Uuid& id,
                                               const ClientPatch& patch, Time now)
{
    using P = ClientPatch;
    if (gives_nothing(patch)) co_return nothing_given();
    auto emptied = refuse_emptied(patch, std::pair("full_name", &P::full_name), std::pair("status", &P::status),
                                  std::pair("client_type", &P::client_type));
    if (emptied) co_return std::move(*emptied);
    try {
        auto tx = co_await db.begin();
        auto changed = co_await change_locked(tx, editor, id, patch, now);
        if (changed) co_await tx.commit();
        co_return changed;
    } catch (const db::UniqueViolation&) {
        co_return taken();
    }
}

asio::awaitable<Outcome<Client>> deactivate_client(db::Executor& db, const Editor& editor, const Uuid& id, Time now)
{
    ClientPatch patch;
    patch.status = Maybe<ClientStatus>(ClientStatus::inactive);
    co_return co_await change_client(db, editor, id, patch, now);
}

} // namespace trunkline::crm
