// SPDX-License-Identifier: MIT
#pragma once

#include <http/call.hpp>
#include <http/database_parameters.hpp>

namespace trunkline::http {

/// What a route answers before it is written to the socket.
struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::optional<EventStream> stream; ///< then `body` is not used
};

/// What a route gets before it is decoded.
struct RawInput {
    std::vector<std::pair<std::string, std::string>> path;  ///< {name}s of the pattern and what stood there
    std::vector<std::pair<std::string, std::string>> query; ///< decoded pairs in their order
    /// Those of the query that are for DatabaseParameters, taken out of it where a route takes such.
    std::vector<std::pair<std::string, std::string>> database{};
    std::string_view body;
};

/// What the OpenAPI document says of a route.
struct RouteDescription {
    json::array parameters;
    std::optional<json::value> body;
    std::optional<json::value> answer;
    int answer_status = 200;
    std::string answer_content_type = "application/json";
};

struct RouteOptions {
    /// The route creates or sends: it takes an Idempotency-Key (see http/idempotency.hpp).
    bool idempotency_key = false;
    std::size_t body_bytes_max = 1024 * 1024;
    /// A GET that writes has to come from our own pages, like an unsafe method.
    bool same_origin_only = false;
    /// How often one client may call: a token bucket for each address, or for each user once signed in. 0 is the
    /// default.
    int per_minute_max = 0;
};

/// One row of the table of routes, with the types erased.
struct Route {
    Method method;
    std::string path; ///< "/api/v1/conversations/{id}"
    std::string summary;
    Access access;
    RouteOptions options;
    std::function<asio::awaitable<Response>(Call&, const RawInput&)> handle;
    std::function<RouteDescription(JsonSchemas&)> describe;
};

/// A refusal as application/problem+json (RFC 9457): the only place where the seven words become status codes.
Response problem(const Refusal& refusal, const std::string& request_id);

/// Declares a route that is served by a member function. What the function takes says where its input comes from:
///
///     route(Method::post, "/api/v1/conversations/{id}/messages", "Save a message", Access::signed_in,
///           this, &ConversationRoutes::save_message, {.idempotency_key = true})
///
///     asio::awaitable<Outcome<Created<Message>>> save_message(Call&, Path<ById>, Body<NewMessage>);
///
/// `self` must outlive the server.
template <class Self, class Answer, class... Inputs>
Route route(Method method, std::string path, std::string summary, Access access, Self* self,
            asio::awaitable<Outcome<Answer>> (Self::*serve)(Call&, Inputs...), RouteOptions options = {});

// -- Implementation ----------------------------------------------------------

namespace detail {

/// Decodes one kind of input; problems are collected over all inputs of a route.
template <class Input>
struct InputCodec;

/// Reads the fields of a described struct from text parameters: numbers, booleans, ids and so on from their text form.
/// Repeated parameters are refused here, unknown ones by the struct's codec.
json::value parameters_as_json(const std::vector<std::pair<std::string, std::string>>& given,
                               const std::vector<std::pair<std::string_view, json::kind>>& fields,
                               JsonProblems& problems);

/// Refuses every parameter of the query: for routes that take none.
void refuse_query(const RawInput& raw, JsonProblems& problems);

template <class Input>
inline constexpr bool reads_query = false;
template <class T>
inline constexpr bool reads_query<Params<T>> = true;
template <>
inline constexpr bool reads_query<DatabaseParameters> = true;

/// What JSON kind a text parameter is to be read as.
template <class T>
constexpr json::kind parameter_kind()
{
    if constexpr (db::detail::is_optional<T>) return parameter_kind<typename T::value_type>();
    else if constexpr (std::same_as<T, bool> || requires(T t) {
                           { t.value() } -> std::same_as<bool>;
                       })
        return json::kind::bool_;
    else if constexpr (std::integral<T> || requires(T t) {
                           { t.value() } -> std::same_as<std::int64_t>;
                       })
        return json::kind::int64;
    else if constexpr (std::floating_point<T>) return json::kind::double_;
    else return json::kind::string;
}

template <class T>
std::vector<std::pair<std::string_view, json::kind>> parameter_fields()
{
    std::vector<std::pair<std::string_view, json::kind>> fields;
    boost::mp11::mp_for_each<MembersOf<T>>(
        [&](auto member) { fields.emplace_back(member.name, parameter_kind<FieldOf<T, decltype(member)>>()); });
    return fields;
}

template <class T>
void describe_parameters(JsonSchemas& schemas, std::string_view where, json::array& into)
{
    boost::mp11::mp_for_each<MembersOf<T>>([&](auto member) {
        using Field = FieldOf<T, decltype(member)>;
        into.push_back(json::object{{"name", member.name},
                                    {"in", where},
                                    {"required", !trunkline::detail::may_be_absent<Field>},
                                    {"schema", JsonCodec<Field>::schema(schemas)}});
    });
}

template <class T>
struct InputCodec<Path<T>> {
    static Path<T> read(const RawInput& raw, JsonProblems& problems)
    {
        Path<T> input{};
        JsonCodec<T>::read(parameters_as_json(raw.path, parameter_fields<T>(), problems), input.value, problems);
        return input;
    }
    static void describe(JsonSchemas& schemas, RouteDescription& into)
    {
        describe_parameters<T>(schemas, "path", into.parameters);
    }
};

template <class T>
struct InputCodec<Params<T>> {
    static Params<T> read(const RawInput& raw, JsonProblems& problems)
    {
        Params<T> input{};
        JsonCodec<T>::read(parameters_as_json(raw.query, parameter_fields<T>(), problems), input.value, problems);
        return input;
    }
    static void describe(JsonSchemas& schemas, RouteDescription& into)
    {
        describe_parameters<T>(schemas, "query", into.parameters);
    }
};

template <>
struct InputCodec<DatabaseParameters> {
    static DatabaseParameters read(const RawInput& raw, JsonProblems& problems)
    {
        DatabaseParameters input{};
        JsonCodec<DatabaseParameters>::read(
            parameters_as_json(raw.database, parameter_fields<DatabaseParameters>(), problems), input, problems);
        return input;
    }
    static void describe(JsonSchemas& schemas, RouteDescription& into)
    {
        const std::size_t before = into.parameters.size();
        describe_parameters<DatabaseParameters>(schemas, "query", into.parameters);
        for (std::size_t at = before; at < into.parameters.size(); ++at) {
            json::object& parameter = into.parameters[at].as_object();
            const std::string name(parameter.at("name").as_string());
            parameter["description"] = std::string(describe_database_parameter(name));
        }
    }
};

/// The names that an input takes from the query.
template <class Input>
void collect_query_names(std::vector<std::string_view>&)
{}
template <class Input>
    requires requires { typename Input::Fields; }
void collect_query_names(std::vector<std::string_view>& names)
{
    for (const auto& field : parameter_fields<typename Input::Fields>()) names.push_back(field.first);
}

template <class T>
struct InputCodec<Body<T>> {
    static Body<T> read(const RawInput& raw, JsonProblems& problems)
    {
        Body<T> input{};
        const auto document = trunkline::detail::parse_json(raw.body, problems);
        if (document) JsonCodec<T>::read(*document, input.value, problems);
        return input;
    }
    static void describe(JsonSchemas& schemas, RouteDescription& into) { into.body = JsonCodec<T>::schema(schemas); }
};

/// Turns an answer into a response, and says what it looks like.
template <class Answer>
struct AnswerCodec {
    static Response write(const Answer& answer)
    {
        return {200, "application/json", serialize(to_json(answer)), {}, {}};
    }
    static void describe(JsonSchemas& schemas, RouteDescription& into)
    {
        into.answer = JsonCodec<Answer>::schema(schemas);
    }
};

template <class T>
struct AnswerCodec<Created<T>> {
    static Response write(const Created<T>& answer)
    {
        return {201, "application/json", serialize(to_json(answer.value)), {}, {}};
    }
    static void describe(JsonSchemas& schemas, RouteDescription& into)
    {
        into.answer_status = 201;
        into.answer = JsonCodec<T>::schema(schemas);
    }
};

template <class T>
struct AnswerCodec<Accepted<T>> {
    static Response write(const Accepted<T>& answer)
    {
        return {202, "application/json", serialize(to_json(answer.value)), {}, {}};
    }
    static void describe(JsonSchemas& schemas, RouteDescription& into)
    {
        into.answer_status = 202;
        into.answer = JsonCodec<T>::schema(schemas);
    }
};

template <>
struct AnswerCodec<NoContent> {
    static Response write(const NoContent&) { return {204, "", "", {}, {}}; }
    static void describe(JsonSchemas&, RouteDescription& into) { into.answer_status = 204; }
};

template <>
struct AnswerCodec<File> {
    static Response write(const File& answer) { return {200, answer.content_type, answer.body, {}, {}}; }
    static void describe(JsonSchemas&, RouteDescription& into)
    {
        into.answer_content_type = "application/octet-stream";
        into.answer = json::object{{"type", "string"}};
    }
};

template <>
struct AnswerCodec<EventStream> {
    static Response write(const EventStream& answer) { return {200, "text/event-stream", "", {}, answer}; }
    static void describe(JsonSchemas&, RouteDescription& into)
    {
        into.answer_content_type = "text/event-stream";
        into.answer = json::object{{"type", "string"}};
    }
};

/// The stored answer to an Idempotency-Key, byte for byte.
inline Response replayed(const Call::Replay& stored)
{
    return {stored.status,
            stored.status == 204 ? "" : "application/json",
            stored.body,
            {{"Idempotent-Replay", "true"}},
            {}};
}

/// `raw`, its query split among those who read it.
template <class... Inputs>
RawInput sort_query(const RawInput& raw)
{
    RawInput sorted = raw;
    if constexpr ((std::same_as<Inputs, DatabaseParameters> || ...)) {
        std::vector<std::string_view> others;
        (collect_query_names<Inputs>(others), ...);
        sorted.database = take_database_parameters(sorted.query, others);
    }
    return sorted;
}

template <class Self, class Answer, class... Inputs>
asio::awaitable<Response> serve_route(Self* self, asio::awaitable<Outcome<Answer>> (Self::*serve)(Call&, Inputs...),
                                      Call& call, const RawInput& raw)
{
    JsonProblems problems;
    const RawInput sorted = sort_query<Inputs...>(raw);
    std::tuple<Inputs...> inputs{InputCodec<Inputs>::read(sorted, problems)...};
    if constexpr (!(reads_query<Inputs> || ...)) refuse_query(sorted, problems);
    if (!problems.empty())
        co_return problem({Refused::invalid, "the input is not valid", std::move(problems).take(), 0},
                          call.request_id());
    auto handled = std::apply([&](auto&... input) { return (self->*serve)(call, std::move(input)...); }, inputs);
    const Outcome<Answer> outcome = co_await std::move(handled);
    if (call.replay()) co_return replayed(*call.replay());
    if (!outcome) co_return problem(outcome.refusal(), call.request_id());
    co_return AnswerCodec<Answer>::write(*outcome);
}

} // namespace detail

template <class Self, class Answer, class... Inputs>
Route route(Method method, std::string path, std::string summary, Access access, Self* self,
            asio::awaitable<Outcome<Answer>> (Self::*serve)(Call&, Inputs...), RouteOptions options)
{
    auto handle = [self, serve](Call& call, const RawInput& raw) {
        return detail::serve_route<Self, Answer, Inputs...>(self, serve, call, raw);
    };
    auto describe = [](JsonSchemas& schemas) {
        RouteDescription description;
        (detail::InputCodec<Inputs>::describe(schemas, description), ...);
        detail::AnswerCodec<Answer>::describe(schemas, description);
        return description;
    };
    return {method, std::move(path), std::move(summary), access, options, handle, describe};
}

} // namespace trunkline::http
