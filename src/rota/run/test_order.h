#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "rota/engine/runner.h"

namespace rota {

// An order for a made-up task, for tests to change as they need.
struct TestOrder {
  explicit TestOrder(Work work) {
    policies = std::make_shared<TaskPolicies>();
    task.id = "nightly";
    task.work = std::move(work);
    task.policies = policies;
    order.task = &task;
    order.run_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    order.scheduled_at = WallTime(std::chrono::seconds(1772848800));  // 2026-03-07T02:00:00Z
    order.token = 42;
    order.server = "web-1";
    order.signals = std::make_shared<RunSignals>();
  }

  TestOrder(const TestOrder&) = delete;
  TestOrder& operator=(const TestOrder&) = delete;

  std::shared_ptr<TaskPolicies> policies;
  Task task;
  RunOrder order;
};

}  // namespace rota
