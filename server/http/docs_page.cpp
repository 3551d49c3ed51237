// SPDX-License-Identifier: MIT
#include <http/openapi.hpp>

namespace trunkline::http {

namespace {

std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else if (c == '&') out += "&amp;";
        else if (c == '"') out += "&quot;";
        else out += c;
    }
    return out;
}

std::string text_of(const json::value& object, std::string_view key)
{
    const json::value* found = object.as_object().if_contains(key);
    return found && found->is_string() ? escaped(std::string_view(found->as_string())) : std::string();
}

/// "string(uuid)", "integer 1–200", "array of Client", with links to the named schemas.
std::string type_of(const json::value& schema);

std::string either(const json::array& choices)
{
    std::string text;
    for (const auto& choice : choices) text += (text.empty() ? "" : " | ") + type_of(choice);
    return text;
}

std::string names(const json::array& values)
{
    std::string text;
    for (const auto& value : values) text += (text.empty() ? "" : " | ") + escaped(serialize(value));
    return text;
}

std::string limits_of(const json::object& schema)
{
    std::string text;
    for (const auto& [key, value] : schema)
        if (key == "minimum" || key == "maximum" || key == "minLength" || key == "maxLength" || key == "default" ||
            key == "format")
            text +=
                (text.empty() ? "" : ", ") + std::string(key) + " " +
                escaped(value.is_string() ? std::string_view(value.as_string()) : std::string_view(serialize(value)));
    return text.empty() ? text : " (" + text + ")";
}

std::string type_of(const json::value& schema)
{
    const json::object* object = schema.if_object();
    if (!object) return "any";
    if (const auto* reference = object->if_contains("$ref")) {
        const std::string_view target = reference->as_string();
        const std::string name = escaped(target.substr(target.rfind('/') + 1));
        return "<a href=\"#schema-" + name + "\">" + name + "</a>";
    }
    for (const char* key : {"anyOf", "oneOf"})
        if (const auto* choices = object->if_contains(key)) return either(choices->as_array());
    if (const auto* values = object->if_contains("enum")) return names(values->as_array());
    const auto* type = object->if_contains("type");
    if (!type) return "any";
    if (type->is_string() && type->as_string() == "array") return "array of " + type_of(object->at("items"));
    return (type->is_array() ? names(type->as_array()) : escaped(std::string_view(type->as_string()))) +
           limits_of(*object);
}

std::string row(const std::string& name, const std::string& where, const std::string& type)
{
    return "<tr><td><code>" + name + "</code></td><td>" + where + "</td><td>" + type + "</td></tr>";
}

std::string parameters_of(const json::object& operation)
{
    const auto* parameters = operation.if_contains("parameters");
    if (!parameters) return {};
    std::string rows;
    for (const auto& parameter : parameters->as_array()) {
        const bool required = parameter.at("required").as_bool();
        rows += row(text_of(parameter, "name"), text_of(parameter, "in") + (required ? "" : ", optional"),
                    type_of(parameter.at("schema")));
    }
    return "<table>" + rows + "</table>";
}

std::string content_of(const json::value& holder)
{
    std::string text;
    if (const auto* content = holder.as_object().if_contains("content"))
        for (const auto& [kind, media] : content->as_object())
            text += "<code>" + escaped(kind) + "</code> " + type_of(media.at("schema"));
    return text;
}

std::string answers_of(const json::object& operation)
{
    std::string good, problems;
    for (const auto& [status, answer] : operation.at("responses").as_object()) {
        if (answer.as_object().contains("$ref")) problems += " " + std::string(status);
        else
            good +=
                "<p>" + std::string(status) + ": " + text_of(answer, "description") + " " + content_of(answer) + "</p>";
    }
    return good + "<p>Problems:" + problems + " (<a href=\"#schema-Problem\">Problem</a>)</p>";
}

std::string operation_html(const std::string& path, const std::string& method, const json::object& operation)
{
    std::string upper = method;
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    std::string html = "<details id=\"" + text_of(operation, "operationId") + "\"><summary><b class=\"" + method +
                       "\">" + upper + "</b> <code>" + escaped(path) + "</code> <span>" +
                       text_of(operation, "summary") + "</span> <i>" + text_of(operation, "x-access") +
                       "</i></summary>";
    html += parameters_of(operation);
    if (const auto* body = operation.if_contains("requestBody")) html += "<p>Body: " + content_of(*body) + "</p>";
    return html + answers_of(operation) + "</details>";
}

std::string operations_of(const json::value& document, const std::string& tag)
{
    std::string html;
    for (const auto& [path, methods] : document.at("paths").as_object())
        for (const auto& [method, operation] : methods.as_object())
            if (text_of(json::object{{"tag", operation.at("tags").at(0)}}, "tag") == tag)
                html += operation_html(std::string(path), std::string(method), operation.as_object());
    return html;
}

std::string schema_html(const std::string& name, const json::value& schema)
{
    std::string html =
        "<section id=\"schema-" + name + "\"><h3>" + name + "</h3><p>" + text_of(schema, "description") + "</p>";
    const auto* properties = schema.as_object().if_contains("properties");
    if (!properties) return html + "<p>" + type_of(schema) + "</p></section>";
    std::set<std::string_view> required;
    if (const auto* all = schema.as_object().if_contains("required"))
        for (const auto& one : all->as_array()) required.insert(one.as_string());
    html += "<table>";
    for (const auto& [field, type] : properties->as_object())
        html += row(escaped(field), required.contains(std::string_view(field)) ? "" : "optional", type_of(type));
    return html + "</table></section>";
}

} // namespace

std::string docs_page(const json::value& document)
{
    std::string nav, sections, schemas;
    for (const auto& entry : document.at("tags").as_array()) {
        const std::string tag = text_of(entry, "name");
        nav += "<a href=\"#tag-" + tag + "\">" + tag + "</a> ";
        sections +=
            "<section id=\"tag-" + tag + "\"><h2>" + tag + "</h2>" + operations_of(document, tag) + "</section>";
    }
    for (const auto& [name, schema] : document.at("components").at("schemas").as_object())
        schemas += schema_html(escaped(name), schema);
    return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
           "<title>Trunkline API</title><link rel=\"stylesheet\" href=\"/docs/docs.css\"></head><body><header><h1>Trunkline API "
           "<small>" +
           text_of(document.at("info"), "version") +
           "</small></h1><p>As a document for programs: "
           "<a href=\"/api/v1/openapi.json\">openapi.json</a> (OpenAPI 3.1).</p><nav>" +
           nav + "<a href=\"#schemas\">schemas</a></nav></header><main>" + sections +
           "<section id=\"schemas\"><h2>schemas</h2>" + schemas + "</section></main></body></html>";
}

std::string_view docs_style() noexcept
{
    return R"css(:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; }
nav { display: flex; flex-wrap: wrap; gap: .5rem 1rem; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0; padding: .3rem .6rem; }
summary { cursor: pointer; display: flex; flex-wrap: wrap; gap: .2rem .8rem; align-items: baseline; }
summary:focus-visible, a:focus-visible { outline: 2px solid; outline-offset: 2px; }
summary b { min-width: 4.5rem; font-family: ui-monospace, monospace; }
summary i { margin-left: auto; font-style: normal; opacity: .75; }
code { font-family: ui-monospace, monospace; font-size: .92em; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
td { border-top: 1px solid var(--line); padding: .25rem .6rem .25rem 0; vertical-align: top; overflow-wrap: anywhere; }
tr:nth-child(even) { background: var(--soft); }
small { font-weight: normal; opacity: .7; }
)css";
}

} // namespace trunkline::http
