// SPDX-License-Identifier: MIT
#include <crm/client_news.hpp>

#include <base/json.hpp>

namespace trunkline::crm {

void tell_client_changed(db::Executor& db, events::Hub& hub, const db::Uuid& tenant, const db::Uuid& client)
{
    events::News news{"client", serialize(json::object{{"id", db::to_string(client)}}), tenant, {}, {}};
    db.after_commit([&hub, news = std::move(news)] { hub.publish(news); });
}

} // namespace trunkline::crm
