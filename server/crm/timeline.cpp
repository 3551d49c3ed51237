// SPDX-License-Identifier: MIT
#include <crm/timeline.hpp>

#include <base/utf8.hpp>
#include <boost/json/parse.hpp>

#include <charconv>

namespace trunkline::crm {

namespace {

/// A place in the timeline: "<microseconds>_<id>".
struct Place {
    Time at;
    Uuid id;
};

std::string to_text(const Place& place)
{
    return std::to_string(place.at.time_since_epoch().count()) + "_" + db::to_string(place.id);
}

std::optional<Place> parse_place(std::string_view text)
{
    std::int64_t micros = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), micros);
    if (failure != std::errc{} || end == text.data() + text.size() || *end != '_') return std::nullopt;
    const auto id = Uuid::parse(text.substr(static_cast<std::size_t>(end - text.data()) + 1));
    if (!id) return std::nullopt;
    return Place{Time(std::chrono::microseconds(micros)), *id};
}

/// What happened, as it is stored: `what` and `about` mean something else for each kind.
struct Happened {
    Time at;
    std::string kind;
    Uuid id;
    std::string what;
    std::optional<std::string> about;
    std::optional<std::string> detail;
};
BOOST_DESCRIBE_STRUCT(Happened, (), (at, kind, id, what, about, detail))

struct Person {
    Uuid id;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(Person, (), (id, name))
using Names = std::map<std::string, std::string>; // by the id's text

/// "full_name" becomes "Full name".
std::string spoken(std::string word)
{
    std::ranges::replace(word, '_', ' ');
    if (!word.empty() && word[0] >= 'a' && word[0] <= 'z') word[0] = static_cast<char>(word[0] - 'a' + 'A');
    return word;
}

std::string value_in_words(const json::value& value)
{
    if (value.is_null()) return "none";
    if (value.is_string()) return std::string(first_characters(std::string_view(value.get_string()), 100));
    return serialize(value);
}

std::string title_of(const Happened& one, const Names& names)
{
    if (one.kind == "interaction") return one.about ? *one.about : spoken(one.what);
    if (one.kind == "case") return "Case: " + one.what;
    if (one.kind == "evidence") return spoken(one.what) + ": " + one.about.value_or("");
    if (one.about == "system") return spoken(one.what) + " by itself, from what was said";
    const auto name = names.find(one.about.value_or(""));
    return spoken(one.what) + " by " + (name == names.end() ? "somebody who has left" : name->second);
}

std::optional<std::string> detail_of(const Happened& one)
{
    if (one.kind != "change" || !one.detail) return one.detail;
    if (one.what == "created") return std::nullopt; // everything was none before: the record itself says more
    boost::system::error_code bad;
    const json::value changes = json::parse(*one.detail, bad);
    if (bad || !changes.is_object()) return std::nullopt;
    return changes_in_words(changes.get_object());
}

asio::awaitable<Names> names_of_staff(db::Executor& db, const Uuid& tenant)
{
    const Uuid of = tenant;
    Names names;
    for (auto& one :
         co_await db.fetch<Person>("SELECT id, name FROM users WHERE tenant_id = $1 AND role <> 'customer'", of))
        names.emplace(db::to_string(one.id), std::move(one.name));
    co_return names;
}

db::SqlBuilder select_happened(const Uuid& tenant, const Uuid& client)
{
    return db::SqlBuilder(
        "SELECT at, kind, id, what, about, detail FROM ("
        "SELECT interaction_at AS at, 'interaction' AS kind, id, interaction_type AS what, subject AS about, summary AS detail"
        " FROM interactions WHERE tenant_id = $1 AND client_id = $2"
        " UNION ALL SELECT k.created_at, 'case', k.id, t.name, NULL, k.notes FROM cases k JOIN case_types t ON t.id = k.case_type_id"
        " WHERE k.tenant_id = $1 AND k.client_id = $2"
        " UNION ALL SELECT recorded_at, 'evidence', id, field, value, quote FROM evidence WHERE tenant_id = $1 AND client_id = $2"
        " UNION ALL SELECT at, 'change', id, action, actor, CAST(changes AS text) FROM audit"
        " WHERE tenant_id = $1 AND entity = 'client' AND entity_id = $2"
        " UNION ALL SELECT a.at, 'change', a.id, 'case ' || a.action, a.actor, CAST(a.changes AS text) FROM audit a"
        " JOIN cases k ON k.id = a.entity_id WHERE a.tenant_id = $1 AND a.entity = 'case' AND a.action <> 'created' AND k.client_id = $2"
        ") happened WHERE 1 = 1",
        tenant, client);
}

} // namespace

std::string changes_in_words(const json::object& changes)
{
    std::string words;
    for (const auto& [name, change] : changes) {
        if (!change.is_object() || !change.get_object().contains("after")) continue;
        if (name == "created_at" || name == "created_by") continue;
        const json::object& values = change.get_object();
        std::string field(name);
        std::ranges::replace(field, '_', ' ');
        words += (words.empty() ? "" : "; ") + field + ": ";
        const json::value* from = values.if_contains("before");
        words += value_in_words(from ? *from : json::value()) + " → " + value_in_words(values.at("after"));
    }
    return words;
}

asio::awaitable<Outcome<http::Page<TimelineEntry>>> client_timeline(db::Executor& db, const Uuid& tenant,
                                                                    const Uuid& client, const TimelineFilter& filter)
{
    const Uuid of = tenant;
    auto sql = select_happened(tenant, client);
    if (filter.after) {
        const auto place = parse_place(*filter.after);
        if (!place) co_return invalid("/after", "must be the `next` of the page before");
        sql.add("AND (at < $1 OR (at = $1 AND id < $2))", place->at, place->id);
    }
    const auto limit = static_cast<std::size_t>(filter.limit.value());
    sql.add("ORDER BY at DESC, id DESC LIMIT $1", filter.limit.value() + 1);
    auto happened = co_await db.fetch<Happened>(std::move(sql).build());

    http::Page<TimelineEntry> page;
    if (happened.size() > limit) {
        happened.resize(limit);
        page.next = to_text({happened.back().at, happened.back().id});
    }
    const bool changed = std::ranges::any_of(happened, [](const Happened& one) { return one.kind == "change"; });
    const Names names = changed ? co_await names_of_staff(db, of) : Names();
    for (const Happened& one : happened)
        page.items.push_back({one.at, one.kind, title_of(one, names), detail_of(one), one.id});
    co_return page;
}

} // namespace trunkline::crm
