// SPDX-License-Identifier: MIT
#include "fault_plan.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace trunkline::db::testing {

namespace {

constexpr std::size_t length_size = 4;
constexpr std::uint32_t message_max = 1u << 30; // PostgreSQL's own limit
constexpr std::uint32_t cancel_code = 1234u << 16 | 5678u;
constexpr std::uint32_t tls_code = 1234u << 16 | 5679u;
constexpr std::uint32_t gss_code = 1234u << 16 | 5680u;

std::uint32_t number_at(std::string_view bytes, std::size_t at)
{
    std::uint32_t number = 0;
    for (std::size_t i = at; i < at + 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
    return number;
}

bool among(char type, std::string_view types) { return types.find(type) != std::string_view::npos; }

} // namespace

// -- Frames --------------------------------------------------------------------

bool Frame::begins(Spot::Piece piece) const noexcept
{
    switch (piece) {
    case Spot::Piece::reply: return begins_reply;
    case Spot::Piece::turn: return begins_turn;
    case Spot::Piece::message: return is_message;
    case Spot::Piece::byte: break;
    }
    return false;
}

bool Frame::ends(Spot::Piece piece) const noexcept
{
    switch (piece) {
    case Spot::Piece::reply: return ends_reply;
    case Spot::Piece::turn: return ends_turn;
    case Spot::Piece::message: return is_message;
    case Spot::Piece::byte: break;
    }
    return false;
}

std::optional<Frame> Conversation::next(From from, std::string& heard)
{
    if (heard.empty()) return std::nullopt;
    if (opaque_) return everything(heard);
    if (from == From::client && !started_) return next_untyped(heard);
    return next_typed(from, heard);
}

Frame Conversation::take(std::string& heard, std::size_t size) const
{
    Frame frame;
    frame.bytes = heard.substr(0, size);
    heard.erase(0, size);
    return frame;
}

std::optional<Frame> Conversation::everything(std::string& heard)
{
    opaque_ = true;
    return take(heard, heard.size());
}

/// What a client says before the protocol's version is settled.
std::optional<Frame> Conversation::next_untyped(std::string& heard)
{
    if (heard.size() < 2 * length_size) return std::nullopt;
    const std::uint32_t size = number_at(heard, 0), code = number_at(heard, length_size);
    if (size < 2 * length_size || size > message_max) return everything(heard);
    if (heard.size() < size) return std::nullopt;
    Frame frame = take(heard, size);
    frame.is_message = true;
    frame.type = startup_message;
    if (code == cancel_code) {
        frame.type = cancel_request;
    } else if (code == tls_code || code == gss_code) {
        frame.type = encryption_request;
        encryption_asked_ = true;
    } else {
        started_ = true;
    }
    return frame;
}

std::optional<Frame> Conversation::next_typed(From from, std::string& heard)
{
    if (from == From::server && std::exchange(encryption_asked_, false)) {
        Frame frame = take(heard, 1);
        frame.is_message = true;
        frame.type = encryption_request;
        opaque_ = frame.bytes != "N"; // or it said yes
        return frame;
    }
    if (heard.size() < 1 + length_size) return std::nullopt;
    const std::uint32_t size = number_at(heard, 1);
    if (size < length_size || size > message_max) return everything(heard);
    if (heard.size() < 1 + size) return std::nullopt;
    Frame frame = take(heard, 1 + size);
    frame.is_message = true;
    frame.type = frame.bytes[0];
    if (from == From::server) place(frame);
    return frame;
}

/// Where in replies and turns a message of the server stands.
void Conversation::place(Frame& frame)
{
    frame.begins_turn = !std::exchange(in_turn_, true);
    if (frame.type == 'Z') {
        frame.ends_turn = true;
        in_turn_ = in_reply_ = false;
    } else if (!among(frame.type, "NASRKv")) { // notices, notifications, settings, and what belongs to the log-in
        frame.begins_reply = !std::exchange(in_reply_, true);
        frame.ends_reply = among(frame.type, "CIEs");
        if (frame.ends_reply) in_reply_ = false;
    }
}

// -- Spots ---------------------------------------------------------------------

Spot before(From from, std::optional<char> type, std::size_t nth)
{
    Spot spot;
    spot.from = from;
    spot.type = type;
    spot.nth = nth;
    return spot;
}

Spot after(From from, std::optional<char> type, std::size_t nth)
{
    Spot spot = before(from, type, nth);
    spot.after = true;
    return spot;
}

Spot after_bytes(From from, std::size_t bytes)
{
    Spot spot = after(from, {}, bytes);
    spot.piece = Spot::Piece::byte;
    return spot;
}

Spot reply(std::size_t nth)
{
    Spot spot = before(From::server, {}, nth);
    spot.piece = Spot::Piece::reply;
    return spot;
}

Spot turn(std::size_t nth)
{
    Spot spot = before(From::server, {}, nth);
    spot.piece = Spot::Piece::turn;
    return spot;
}

Spot every(Spot spot)
{
    spot.every = true;
    return spot;
}

// -- The plan ------------------------------------------------------------------

void FaultPlan::add(Blow blow, Spot spot, std::chrono::milliseconds time) { set_.push_back({blow, spot, time}); }

/// Where in the frame the fault's spot is reached, if it is.
std::optional<std::size_t> FaultPlan::reached(Fault& fault, const Frame& frame)
{
    const Spot& spot = fault.spot;
    if (spot.piece == Spot::Piece::byte) {
        const std::size_t before = fault.seen;
        fault.seen += frame.bytes.size();
        if (spot.every && before >= spot.nth) return 0;
        if (fault.seen < spot.nth) return std::nullopt;
        return spot.nth - before;
    }
    if (!(spot.after ? frame.ends(spot.piece) : frame.begins(spot.piece))) return std::nullopt;
    if (spot.type && (spot.piece != Spot::Piece::message || *spot.type != frame.type)) return std::nullopt;
    if (++fault.seen < spot.nth) return std::nullopt;
    return spot.after ? frame.bytes.size() : 0;
}

std::vector<Strike> FaultPlan::judge(From from, const Frame& frame)
{
    std::vector<Strike> strikes;
    for (Fault& fault : set_) {
        if (fault.spot.from != from) continue;
        const auto offset = reached(fault, frame);
        if (!offset) continue;
        fault.struck = !fault.spot.every;
        const auto place = std::ranges::upper_bound(strikes, *offset, {}, &Strike::offset);
        strikes.insert(place, Strike{fault.blow, *offset, fault.spot.piece, fault.time});
    }
    std::erase_if(set_, [](const Fault& fault) { return fault.struck; });
    return strikes;
}

} // namespace trunkline::db::testing
