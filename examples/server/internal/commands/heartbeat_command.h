#pragma once

#include "rota/rota.h"

namespace app {

// Says that the server is alive.
class HeartbeatCommand : public rota::Command {
 public:
  HeartbeatCommand() : Command("heartbeat", "Say that the server is alive") {}
  rota::Status Handle(rota::Context& context) override {
    context.Print("alive, token {}", context.FencingToken());
    return rota::Status::Ok();
  }
};

}  // namespace app
