// SPDX-License-Identifier: MIT
#include "faults.hpp"

namespace trunkline::db::soak {

using namespace std::chrono_literals;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using testing::From;

Faults::~Faults() { finish(); }

void Faults::begin(std::chrono::steady_clock::time_point end, std::function<void()> over)
{
    thread_ = std::thread([this, end, over = std::move(over)] {
        while (std::chrono::steady_clock::now() < end) {
            strike();
            pause(300ms);
        }
        proxy_.heal();
        over();
        leave_.get_future().wait();
    });
}

void Faults::finish()
{
    if (!thread_.joinable()) return;
    leave_.set_value();
    thread_.join();
}

void Faults::pause(milliseconds time) { std::this_thread::sleep_for(time + milliseconds(random_() % 300)); }

void Faults::strike()
{
    switch (random_() % 10) {
    case 0:
        ++counts_.restarts;
        server_.stop();
        pause(200ms);
        server_.start();
        pause(1s);
        return;
    case 1:
    case 2:
        ++counts_.refusals;
        proxy_.refuse();
        proxy_.cut();
        pause(500ms);
        proxy_.heal();
        return;
    case 3:
    case 4: return freeze();
    case 5:
        ++counts_.delays;
        proxy_.delay(testing::before(From::server, 'Z'), milliseconds(random_() % 200));
        return;
    default: cut();
    }
}

/// Somewhere in what is said next.
void Faults::cut()
{
    ++counts_.cuts;
    const From from = random_() % 2 == 0 ? From::server : From::client;
    switch (random_() % 4) {
    case 0: return proxy_.cut();
    case 1: return proxy_.reset();
    case 2: return proxy_.cut(testing::after_bytes(from, random_() % 2'000));
    default: proxy_.reset(testing::before(from, {}, 1 + random_() % 50));
    }
}

void Faults::freeze()
{
    ++counts_.freezes;
    proxy_.freeze();
    pause(milliseconds(random_() % 2'500));
    proxy_.thaw();
}

} // namespace trunkline::db::soak
