// SPDX-License-Identifier: MIT
#include <http/problem.hpp>

#include <base/log.hpp>
#include <trunkline/db/error.hpp>
#include <trunkline/db/lane.hpp>

#include <boost/system/system_error.hpp>

namespace trunkline::http {

namespace {

struct StatusWords {
    int status;
    std::string_view title;
    std::string_view slug;
};

constexpr StatusWords words[] = {
    {400, "Invalid input", "invalid"},
    {401, "Not signed in", "unauthenticated"},
    {403, "Not allowed", "forbidden"},
    {404, "Not found", "not-found"},
    {405, "Method not allowed", "method-not-allowed"},
    {408, "Request too slow", "too-slow"},
    {409, "Conflict", "conflict"},
    {413, "Body too large", "too-large"},
    {415, "Unsupported content type", "content-type"},
    {417, "Expectation not met", "expectation"},
    {421, "Wrong host", "wrong-host"},
    {429, "Too many requests", "limited"},
    {431, "Header too large", "header-too-large"},
    {500, "Internal error", "internal"},
    {501, "Method not known", "method-not-known"},
    {503, "Not available", "unavailable"},
    {505, "HTTP version not supported", "http-version"},
};

const StatusWords& words_of(int status) noexcept
{
    for (const auto& row : words)
        if (row.status == status) return row;
    return words_of(500);
}

Response written(int status, const std::string& detail, const std::vector<FieldProblem>& fields,
                 int retry_after_seconds, const std::string& request_id)
{
    json::object document{{"type", status_type(status)},
                          {"title", status_title(status)},
                          {"status", status},
                          {"detail", detail},
                          {"instance", request_id}};
    if (!fields.empty()) {
        json::array errors;
        for (const auto& field : fields) errors.push_back({{"pointer", field.pointer}, {"detail", field.detail}});
        document["errors"] = std::move(errors);
    }
    Response response{status, "application/problem+json", serialize(document), {}, {}};
    if (retry_after_seconds > 0) response.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds));
    if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"trunkline\"");
    return response;
}

constexpr int retry_unavailable_seconds = 5;

Response unavailable(const std::string& detail, const std::string& request_id,
                     int retry_after_seconds = retry_unavailable_seconds)
{
    return written(503, detail, {}, retry_after_seconds, request_id);
}

Response database_problem(const db::Error& error, const std::string& request_id)
{
    if (error.outcome() == db::Outcome::unknown)
        return unavailable(
            "The database was lost before it answered: it is not known whether this was done. Repeat the request "
            "with the same Idempotency-Key to find out without doing it twice.",
            request_id);
    if (error.unavailable())
        return unavailable("The database cannot be used at the moment. Try again shortly.", request_id);
    if (dynamic_cast<const db::SerializationFailure*>(&error))
        return unavailable("Others changed the same data at the same time. Try again.", request_id, 1);
    if (dynamic_cast<const db::UniqueViolation*>(&error))
        return written(409, "Something with the same key exists already.", {}, 0, request_id);
    return written(500, "Something broke on our side. The log has the reason under this request id.", {}, 0,
                   request_id);
}

} // namespace

std::string_view status_title(int status) noexcept { return words_of(status).title; }

std::string status_type(int status) { return "/problems/" + std::string(words_of(status).slug); }

int status_of(Refused why) noexcept
{
    switch (why) {
    case Refused::invalid: return 400;
    case Refused::unauthenticated: return 401;
    case Refused::forbidden: return 403;
    case Refused::not_found: return 404;
    case Refused::conflict: return 409;
    case Refused::limited: return 429;
    case Refused::unavailable: return 503;
    }
    return 500;
}

Response problem(const Refusal& refusal, const std::string& request_id)
{
    const int status = status_of(refusal.why);
    const bool wait = status == 429 || status == 503;
    const int retry =
        wait && refusal.retry_after_seconds == 0 ? retry_unavailable_seconds : refusal.retry_after_seconds;
    return written(status, refusal.detail, refusal.fields, wait ? retry : 0, request_id);
}

Response protocol_problem(int status, std::string detail, const std::string& request_id)
{
    return written(status, detail, {}, status == 503 ? retry_unavailable_seconds : 0, request_id);
}

Response failure_problem(std::exception_ptr failure, const std::string& route, const std::string& request_id)
{
    log_error("http", route + " " + request_id + ": " + describe(failure));
    try {
        std::rethrow_exception(failure);
    } catch (const db::Error& error) {
        return database_problem(error, request_id);
    } catch (const db::Lane::Full&) {
        return unavailable("Too much is being done at once. Try again shortly.", request_id, 1);
    } catch (const boost::system::system_error& error) {
        // Only a stop cancels a request: whoever asked may ask the next process.
        if (error.code() == boost::system::errc::operation_canceled)
            return unavailable("The server is stopping.", request_id, 1);
    } catch (...) {}
    return written(500, "Something broke on our side. The log has the reason under this request id.", {}, 0,
                   request_id);
}

} // namespace trunkline::http
