// SPDX-License-Identifier: MIT
#include <app/application.hpp>

#include <accounts/account_routes.hpp>
#include <agents/openai_agent.hpp>
#include <app/data_folder.hpp>
#include <app/database_start.hpp>
#include <app/health_routes.hpp>
#include <app/house_knowledge.hpp>
#include <app/housekeeping.hpp>
#include <app/settings.hpp>
#include <app/web_assets.hpp>
#include <app/workers.hpp>
#include <base/log.hpp>
#include <chat/chat_routes.hpp>
#include <chat/event_routes.hpp>
#include <conversations/conversation_routes.hpp>
#include <crm/case_routes.hpp>
#include <crm/client_routes.hpp>
#include <crm/interaction_routes.hpp>
#include <dashboard/dashboard_routes.hpp>
#include <extraction/builtin_extractor.hpp>
#include <extraction/extraction_worker.hpp>
#include <extraction/transcript_routes.hpp>
#include <http/openapi.hpp>
#include <http/server.hpp>
#include <mirror/mirror_routes.hpp>

namespace trunkline {

/// Everything there is, in the order in which it is built: what stands below is handed to what stands above.
struct Application::Parts {
    Parts(asio::io_context& io, Config given, bool insecure_http);

    std::vector<http::Route> all_routes();
    void add_agents();
    asio::awaitable<void> serve(TaskGroup& group);
    asio::awaitable<void> prepare();
    asio::awaitable<void> print_setup_link();
    void start_workers();

    Config config;
    asio::any_io_executor executor;
    SystemClock clock;
    Health health;
    std::unique_ptr<DataFolder> data_folder; // null on PostgreSQL
    db::Pool pool;
    std::unique_ptr<db::Pool> direct_pool; // null when the pool itself is the direct way
    ProcessLock process_lock{direct_pool ? *direct_pool : pool, clock};
    DatabaseStart database{pool, direct_pool ? *direct_pool : pool, process_lock, clock, health};
    events::Hub hub{executor};
    Passwords passwords;
    accounts::Accounts people{clock, passwords, registration_of(config), config.get("TRUNKLINE_DEFAULT_REGION")};
    accounts::SessionAuthenticator authenticator{pool, clock};

    leases::Bell mirror_bell{executor};
    mirror::Copier copier{mirror_config_of(config), mirror_bell};
    conversations::Topics topics{.mirror = copier.config().usable(), .extraction = true};

    extraction::BuiltinExtractor extractor;
    leases::Bell extraction_bell{executor};
    extraction::AutoCrm auto_crm{extractor, clock, hub, &pool};
    extraction::ReadingResults reading_results;
    extraction::ExtractionWorker extraction_worker{auto_crm, extraction_bell, reading_results};

    http::Client outgoing{executor};
    HouseFacts facts{extractor, config.get("TRUNKLINE_DEFAULT_REGION")};
    HouseKnowledge knowledge{pool};
    agents::Registry registry;
    chat::RunEngine engine{pool, clock, executor, hub, registry, topics};

    HealthRoutes health_routes{pool, health};
    accounts::AccountRoutes account_routes{pool, people, clock, hub};
    conversations::ConversationRoutes conversation_routes{pool, clock, hub, topics};
    mirror::MirrorRoutes mirror_routes{pool, clock, copier, mirror_bell};
    dashboard::DashboardRoutes dashboard_routes{pool, clock};
    crm::ClientRoutes client_routes{pool, clock, hub};
    crm::CaseRoutes case_routes{pool, clock, hub};
    crm::InteractionRoutes interaction_routes{pool, clock, hub};
    extraction::TranscriptRoutes transcript_routes{
        pool, clock, hub, topics, extraction_bell, reading_results, crm_wait_max_of(config)};
    chat::ChatRoutes chat_routes{pool, clock, hub, registry, engine, topics};
    chat::EventRoutes event_routes{hub, engine};
    std::optional<http::Documentation> documentation;

    http::Router router;
    http::Server server;
    Workers workers{executor, clock, health};
};

namespace {

std::unique_ptr<DataFolder> lock_data_folder(const Config& config)
{
    if (database_options_of(config).engine != db::Engine::sqlite) return nullptr;
    return std::make_unique<DataFolder>(config.get("TRUNKLINE_DATA_DIR"));
}

std::unique_ptr<db::Pool> open_direct_pool(const Config& config, const asio::any_io_executor& executor)
{
    const auto options = direct_options_of(config);
    return options ? std::make_unique<db::Pool>(executor, *options) : nullptr;
}

http::Assets assets_of(const Config& config)
{
    if (config.is_set("TRUNKLINE_WEB_DIR")) return http::Assets(std::filesystem::path(config.get("TRUNKLINE_WEB_DIR")));
    return http::Assets(web_assets());
}

void append(std::vector<http::Route>& to, std::vector<http::Route> more)
{
    std::ranges::move(more, std::back_inserter(to));
}

/// Until the database is prepared, the routes of the API answer that it is not.
void wait_for_database(std::vector<http::Route>& routes, const Health& health)
{
    for (http::Route& route : routes) {
        if (!route.path.starts_with("/api/")) continue;
        auto serve = std::move(route.handle);
        route.handle = [serve = std::move(serve),
                        &health](http::Call& call, const http::RawInput& input) -> asio::awaitable<http::Response> {
            if (health.prepared) co_return co_await serve(call, input);
            co_return http::problem({Refused::unavailable, health.waiting_for, {}, 2}, call.request_id());
        };
    }
}

} // namespace

Application::Parts::Parts(asio::io_context& io, Config given, bool insecure_http)
    : config(std::move(given)),
      executor(io.get_executor()),
      data_folder(lock_data_folder(config)),
      pool(executor, database_options_of(config)),
      direct_pool(open_direct_pool(config, executor)),
      router(all_routes(), authenticator, clock, assets_of(config), router_options_of(config)),
      server(executor, clock, router, server_options_of(config))
{
    refuse_open_http(config, insecure_http);
    set_log_level(log_level_of(config));
    for (const std::string& warning : config.warnings()) log_warning("config", warning);
    add_agents();
    pool.set_log([](std::string_view message) { log_warning("database", message); });
    server.listen();
}

std::vector<http::Route> Application::Parts::all_routes()
{
    std::vector<http::Route> routes;
    append(routes, account_routes.table());
    append(routes, conversation_routes.table());
    append(routes, transcript_routes.table());
    append(routes, registry.table());
    append(routes, chat_routes.table());
    append(routes, event_routes.table());
    append(routes, client_routes.table());
    append(routes, case_routes.table());
    append(routes, interaction_routes.table());
    append(routes, mirror_routes.table());
    append(routes, dashboard_routes.table());
    documentation.emplace(routes, TRUNKLINE_VERSION);
    wait_for_database(routes, health);
    append(routes, documentation->routes());
    append(routes, health_routes.table());
    return routes;
}

void Application::Parts::add_agents()
{
    registry.add({"assistant", "Assistant", "Notes what is said and answers from it, without a model"},
                 std::make_unique<agents::BuiltinAgent>(clock, facts, knowledge));
    if (const auto model = model_options_of(config))
        registry.add({"model", model->model, "Asks the model " + model->model},
                     std::make_unique<agents::OpenAiAgent>(outgoing, *model));
}

asio::awaitable<void> Application::Parts::serve(TaskGroup& group)
{
    co_await server.run();
    group.cancel(); // also a start that still waits for its database
}

asio::awaitable<void> Application::Parts::prepare()
{
    co_await database.run();
    co_await print_setup_link();
    start_workers();
    co_await process_lock.keep();
}

asio::awaitable<void> Application::Parts::print_setup_link()
{
    if (co_await accounts::has_users(pool)) co_return;
    const std::string code = co_await people.new_setup_code(pool);
    const auto public_url = config.get("TRUNKLINE_PUBLIC_URL");
    const std::string base = public_url.empty() ? "http://" + server.addresses().front() : public_url;
    log_info("setup", "there is no administrator yet; within the hour open " + base + "/setup#code=" + code);
}

void Application::Parts::start_workers()
{
    workers.start("housekeeping", [this] { return keep_house(pool, clock); });
    workers.start("extraction", [this] { return extraction_worker.run(pool, clock); });
    workers.start("chat", [this] { return engine.run(); });
    workers.start("mirror", [this] { return copier.run(pool, clock); });
}

Application::Application(asio::io_context& io, Config config, bool insecure_http)
    : parts_(std::make_unique<Parts>(io, std::move(config), insecure_http))
{}

Application::~Application() = default;

std::string Application::url() const { return "http://" + parts_->server.addresses().front(); }

asio::awaitable<void> Application::run()
{
    Parts& parts = *parts_;
    log_info("http", "serving on " + url());
    TaskGroup group(parts.executor);
    group.start("server", parts.serve(group));
    group.start("start", parts.prepare());
    std::exception_ptr failure;
    try {
        co_await group.join();
    } catch (...) {
        failure = std::current_exception();
    }
    parts.hub.close();
    parts.workers.cancel();
    co_await parts.workers.join();
    parts.process_lock.give_back();
    if (parts.direct_pool) co_await parts.direct_pool->drain();
    const auto cut = co_await parts.pool.drain();
    for (const db::Holder& holder : cut) log_warning("database", "cut at the end: " + holder.statement);
    if (failure) std::rethrow_exception(failure);
    log_info("http", "stopped");
}

void Application::stop()
{
    log_info("http", "stopping");
    parts_->hub.close();
    parts_->server.stop();
}

} // namespace trunkline
