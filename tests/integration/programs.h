#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "process.h"
#include "rota/base/instant.h"

namespace rota::integration {

using Words = std::vector<std::string>;
using Record = boost::json::object;
using Records = std::vector<Record>;

// A program's whole life.
struct Ran {
  int exit = -1;
  std::string out;
  std::string err;
};

// A text member of an object; a member of another kind as JSON.
std::string Text(const Record& record, std::string_view key);

// A member that is an instant; 1970 where there is none.
WallTime Instant(const Record& record, std::string_view key);

// Expects that every instant of the task, from the first in this history to the last, has exactly one outcome there.
void ExpectOneOutcomeForEachInstant(const Records& history, Milliseconds period);

// The real programs in an empty folder of their own. What lies there is shown when a test fails.
class Programs : public testing::Test {
 protected:
  Programs();
  ~Programs() override;
  void TearDown() override;

  std::string Path(std::string_view file) const;
  void Write(std::string_view file, std::string_view text) const;
  std::string Read(std::string_view file) const;
  // The lines that are written to their end.
  Words Lines(std::string_view file) const;
  // Each line of a log of JSON lines; the test fails when one is not an object.
  Records Log(std::string_view file = "var/log/rota.log") const;
  // Those of one event ("run_finished").
  Records Log(std::string_view event, std::string_view file) const;

  // Starts `rota` and the words. The variable SERVER tells processes of one test apart.
  Process Start(const Words& words, const std::string& server = "a") const;
  Process Start(const Words& words, Process::Options options) const;
  // Starts and waits.
  Ran Run(const Words& words, const std::string& server = "a") const;
  // What `rota` prints as JSON; the test fails when it does not succeed.
  boost::json::value Json(const Words& words) const;
  // The history of a task, oldest first.
  Records History(const std::string& task) const;

  std::string program_;  // The program that "rota" stands for.

 private:
  std::string folder_;
};

}  // namespace rota::integration
