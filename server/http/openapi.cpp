// SPDX-License-Identifier: MIT
#include <http/openapi.hpp>

#include <http/problem.hpp>
#include <http/route_table.hpp>

namespace trunkline::http {

namespace {

/// "conversations" of "/api/v1/conversations/{id}".
std::string tag_of(const Route& route)
{
    const auto target = parse_target(route.path);
    const bool named = target && target->segments.size() > 2 && target->segments[2].find('.') == std::string::npos;
    return named ? target->segments[2] : "api";
}

/// "post_conversations_id_messages": a name for generated clients.
std::string operation_id(const Route& route)
{
    std::string name(to_string(route.method));
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto target = parse_target(route.path);
    for (std::size_t at = 2; target && at < target->segments.size(); ++at) name += "_" + target->segments[at];
    std::erase_if(name, [](char c) { return c == '{' || c == '}'; });
    std::replace_if(name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
    return name;
}

bool unsafe(const Route& route) { return route.method != Method::get; }

/// The problems a caller of the route has to expect.
std::vector<int> problem_statuses(const Route& route, const RouteDescription& description)
{
    std::vector<int> statuses{400};
    if (route.access != Access::anyone) statuses.push_back(401);
    if (unsafe(route) || route.options.same_origin_only || route.access == Access::staff ||
        route.access == Access::admin)
        statuses.push_back(403);
    if (route.path.find('{') != std::string::npos) statuses.push_back(404);
    if (unsafe(route)) statuses.insert(statuses.end(), {409, 413, 415});
    statuses.insert(statuses.end(), {429, 500, 503});
    std::erase(statuses, description.answer_status);
    return statuses;
}

json::object problem_responses()
{
    json::object responses;
    for (const int status : {400, 401, 403, 404, 409, 413, 415, 429, 500, 503}) {
        json::object response{
            {"description", status_title(status)},
            {"content", {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
        if (status == 429 || status == 503)
            response["headers"] = {
                {"Retry-After", {{"description", "Seconds to wait"}, {"schema", {{"type", "integer"}}}}}};
        responses[std::to_string(status)] = std::move(response);
    }
    return responses;
}

json::object answers_of(const Route& route, const RouteDescription& description)
{
    json::object success{{"description", description.answer_status == 204 ? "Done" : "The answer"}};
    if (description.answer) success["content"] = {{description.answer_content_type, {{"schema", *description.answer}}}};
    json::object answers{{std::to_string(description.answer_status), std::move(success)}};
    for (const int status : problem_statuses(route, description))
        answers[std::to_string(status)] = {{"$ref", "#/components/responses/" + std::to_string(status)}};
    return answers;
}

json::object operation_of(const Route& route, JsonSchemas& schemas)
{
    RouteDescription description = route.describe(schemas);
    if (route.options.idempotency_key)
        description.parameters.push_back(
            {{"name", "Idempotency-Key"},
             {"in", "header"},
             {"required", false},
             {"description", "The same key repeats the same answer for 24 hours instead of doing it twice."},
             {"schema", {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}}}});
    json::object operation{{"tags", json::array{json::value(tag_of(route))}},
                           {"summary", route.summary},
                           {"operationId", operation_id(route)},
                           {"x-access", boost::describe::enum_to_string(route.access, "?")}};
    if (!description.parameters.empty()) operation["parameters"] = description.parameters;
    if (description.body)
        operation["requestBody"] = {{"required", true},
                                    {"content", {{"application/json", {{"schema", *description.body}}}}}};
    operation["responses"] = answers_of(route, description);
    operation["security"] = route.access == Access::anyone
                                ? json::array{}
                                : json::array{{{"cookie", json::array{}}}, {{"bearer", json::array{}}}};
    return operation;
}

json::object problem_schema()
{
    const auto text = [](std::string_view description) {
        return json::object{{"type", "string"}, {"description", description}};
    };
    const json::object field{
        {"type", "object"},
        {"properties",
         {{"pointer", text("JSON pointer to the field or parameter")}, {"detail", text("what is wrong with it")}}},
        {"required", {"pointer", "detail"}}};
    return {{"type", "object"},
            {"description", "Why a request was not served (RFC 9457)"},
            {"properties",
             {{"type", text("a stable path for this kind of problem")},
              {"title", text("its name")},
              {"status", {{"type", "integer"}}},
              {"detail", text("one sentence for a person")},
              {"instance", text("the request id, as in the log")},
              {"errors", {{"type", "array"}, {"items", field}}}}},
            {"required", {"type", "title", "status", "detail", "instance"}}};
}

json::object security_schemes()
{
    return {
        {"cookie",
         {{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-trunkline"}, {"description", "set by signing in"}}},
        {"bearer", {{"type", "http"}, {"scheme", "bearer"}}}};
}

} // namespace

json::value openapi_document(const std::vector<Route>& routes, std::string_view version)
{
    JsonSchemas schemas;
    json::object paths;
    std::set<std::string> tags;
    for (const Route& route : routes) {
        if (!route.path.starts_with("/api/")) continue;
        tags.insert(tag_of(route));
        std::string method(to_string(route.method));
        for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        json::value& path = paths[route.path];
        if (path.is_null()) path = json::object{};
        path.as_object()[method] = operation_of(route, schemas);
    }
    json::object named{{"Problem", problem_schema()}};
    for (const auto& [name, schema] : schemas.all()) named[name] = schema;
    json::array tag_list;
    for (const auto& tag : tags) tag_list.push_back({{"name", tag}});
    return {
        {"openapi", "3.1.0"},
        {"info", {{"title", "Trunkline"}, {"version", version}, {"license", {{"name", "MIT"}, {"identifier", "MIT"}}}}},
        {"servers", json::array{json::object{{"url", "/"}}}},
        {"tags", std::move(tag_list)},
        {"paths", std::move(paths)},
        {"components",
         {{"schemas", std::move(named)}, {"responses", problem_responses()}, {"securitySchemes", security_schemes()}}}};
}

Documentation::Documentation(const std::vector<Route>& routes, std::string_view version)
{
    std::vector<Route> all = routes;
    for (Route& own : this->routes()) all.push_back(std::move(own));
    const json::value document = openapi_document(all, version);
    document_ = serialize(document);
    page_ = docs_page(document);
}

std::vector<Route> Documentation::routes()
{
    return {
        route(Method::get, "/api/v1/openapi.json", "This API as an OpenAPI 3.1 document", Access::anyone, this,
              &Documentation::document),
        route(Method::get, "/docs", "This API as a page", Access::anyone, this, &Documentation::page),
        route(Method::get, "/docs/docs.css", "How that page looks", Access::anyone, this, &Documentation::style),
    };
}

asio::awaitable<Outcome<File>> Documentation::document(Call&) { co_return File{"application/json", document_}; }

asio::awaitable<Outcome<File>> Documentation::page(Call&) { co_return File{"text/html; charset=utf-8", page_}; }

asio::awaitable<Outcome<File>> Documentation::style(Call&)
{
    co_return File{"text/css; charset=utf-8", std::string(docs_style())};
}

} // namespace trunkline::http
