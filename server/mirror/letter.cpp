// SPDX-License-Identifier: MIT
#include <mirror/letter.hpp>

#include <base/crypto.hpp>

#include <fmt/format.h>

namespace trunkline::mirror {

namespace {

std::string all_that_is_wrong(const Refusal& refusal)
{
    std::string text = "the outbox row is not what the mirror writes there: " + refusal.detail;
    for (const auto& field : refusal.fields) text += "; " + field.pointer + " " + field.detail;
    return text;
}

} // namespace

Outcome<Letter> read_letter(outbox::Claimed claim)
{
    auto payload = from_json_text<outbox::MirrorPayload>(claim.payload);
    if (!payload) return Refusal{Refused::invalid, all_that_is_wrong(payload.refusal()), {}, 0};
    if (payload->direction != "in" && payload->direction != "out")
        return Refusal{Refused::invalid, "the outbox row's direction is neither \"in\" nor \"out\"", {}, 0};
    Letter letter{std::move(claim), std::move(*payload), {}};
    letter.second = sql_second(letter.payload.created_at);
    return letter;
}

std::string sql_second(Time time)
{
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

std::string fingerprint(std::string_view target, std::string_view user_id, std::string_view direction,
                        std::string_view second, std::string_view message_sha256)
{
    std::string all;
    for (const auto part : {target, user_id, direction, second, message_sha256})
        all.append(std::to_string(part.size())).append(":").append(part);
    return sha256_hex(all);
}

std::string fingerprint(std::string_view target, const Letter& letter)
{
    const auto& payload = letter.payload;
    return fingerprint(target, payload.user_id, payload.direction, letter.second, sha256_hex(payload.message));
}

} // namespace trunkline::mirror
