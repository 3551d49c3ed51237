// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/testing/fault_proxy.hpp>

namespace trunkline::db::testing {

/// A piece of what one side says, as it is passed on: a message, or what came when no messages are known.
struct Frame {
    std::string bytes;
    char type = 0;
    bool is_message = false;
    bool begins_reply = false;
    bool ends_reply = false;
    bool begins_turn = false;
    bool ends_turn = false;

    bool begins(Spot::Piece piece) const noexcept;
    bool ends(Spot::Piece piece) const noexcept;
};

/// Takes what the two sides of one connection say apart, without I/O.
class Conversation {
public:
    explicit Conversation(FaultProxy::Protocol protocol) : opaque_(protocol == FaultProxy::Protocol::bytes) {}

    /// Takes the next frame from the front of `heard`, or nothing while it is not there as a whole. What cannot be a
    /// message is passed on as it is, and everything after it too.
    std::optional<Frame> next(From from, std::string& heard);

private:
    Frame take(std::string& heard, std::size_t size) const;
    std::optional<Frame> next_untyped(std::string& heard);
    std::optional<Frame> next_typed(From from, std::string& heard);
    std::optional<Frame> everything(std::string& heard);
    void place(Frame& frame);

    bool opaque_;
    bool started_ = false;          // the client sent its StartupMessage
    bool encryption_asked_ = false; // and the server's answer is one byte
    bool in_reply_ = false;
    bool in_turn_ = false;
};

/// What can befall a frame.
enum class Blow { cut, reset, freeze, delay, swallow, split, drop, swap };

struct Strike {
    Blow blow{};
    std::size_t offset = 0; ///< in the frame
    Spot::Piece piece{};    ///< what `drop` and `swap` take
    std::chrono::milliseconds time{};
};

/// The faults that were set and have not struck.
class FaultPlan {
public:
    void add(Blow blow, Spot spot, std::chrono::milliseconds time = {});
    void clear() noexcept { set_.clear(); }
    /// What strikes at or in `frame`, by place, and at one place in the order in which it was set.
    std::vector<Strike> judge(From from, const Frame& frame);

private:
    struct Fault {
        Blow blow;
        Spot spot;
        std::chrono::milliseconds time;
        std::size_t seen = 0; // pieces, or bytes
        bool struck = false;
    };
    static std::optional<std::size_t> reached(Fault& fault, const Frame& frame);

    std::vector<Fault> set_;
};

} // namespace trunkline::db::testing
