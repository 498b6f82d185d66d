"""Plants violations of the house's bans in a temporary repository and expects bans.py to find each."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "cmake" / "lint" / "bans.py"
sys.path.insert(0, str(SCRIPT.parent))
sys.dont_write_bytecode = True
import bans  # noqa: E402  The script that is tested.


def plant(root, files):
    """Writes `files` (path: text) under `root`."""
    for path, text in files.items():
        file = pathlib.Path(root) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def lint(files):
    """The findings in a repository of `files`, as "path:line: [ban]"."""
    with tempfile.TemporaryDirectory() as root:
        plant(root, files)
        return [f"{path}:{number}: [{ban}]" for path, number, ban, _ in bans.check(pathlib.Path(root))]


class Bans(unittest.TestCase):
    def check(self, path, line):
        """Lints one line in a file of a repository whose component `run` shows a.h and b.h."""
        lists = {"src/rota/run/CMakeLists.txt": "rota_component(\n  NAME run\n  HDRS a.h b.h\n  SRCS a.cc)\n"}
        return lint({**lists, path: f"#pragma once\n\n{line}\n"})

    def found(self, path, line, ban):
        self.assertEqual(self.check(path, line), [f"{path}:3: [{ban}]"], line)

    def taken(self, path, line):
        self.assertEqual(self.check(path, line), [], line)

    def test_finds_a_clock_read_outside_the_time_folder(self):
        for line in (
            "auto t = std::chrono::system_clock::now();",
            "auto t = std::chrono::steady_clock::now();",
            "clock_gettime(CLOCK_REALTIME, &spec);",
            "std::time_t t = time(nullptr);",
        ):
            self.found("src/rota/engine/x.cc", line, "clock")
            self.found("tests/integration/x_test.cc", line, "clock")
            self.taken("src/rota/time/clock.cc", line)
        self.taken("src/rota/engine/x.cc", "using SteadyTime = std::chrono::steady_clock::time_point;")

    def test_finds_a_sleep_outside_the_time_folder(self):
        for line in ("std::this_thread::sleep_for(1s);", "usleep(10);", "sleep(1);", "nanosleep(&spec, nullptr);"):
            self.found("src/rota/engine/x_test.cc", line, "sleep")
            self.taken("src/rota/time/clock.cc", line)
        self.taken("src/rota/engine/x_test.cc", 'EXPECT_TRUE(Run({"sh", "-c", "sleep (1)"}).ok());')

    def test_finds_coroutines(self):
        for line in ("co_await timer;", "co_return;", "asio::awaitable<void> Run();", "co_spawn(loop, Run());"):
            self.found("src/rota/run/x.cc", line, "coroutine")

    def test_finds_third_party_includes_in_the_headers_of_a_component(self):
        for line in ("#include <boost/json.hpp>", "#include <sqlite3.h>", "#include <fmt/format.h>"):
            self.found("src/rota/run/a.h", line, "public-include")
            self.found("src/rota/run/b.h", line, "public-include")
            self.taken("src/rota/run/a.cc", line)
            self.taken("src/rota/run/internal.h", line)
        self.taken("src/rota/run/a.h", "#include <string_view>")

    def test_keeps_the_result_type_behind_one_header(self):
        self.taken("src/rota/base/status.h", "#include <tl/expected.hpp>")
        self.found("src/rota/run/a.h", "#include <tl/expected.hpp>", "public-include")
        self.found("src/rota/run/a.cc", "#include <tl/expected.hpp>", "public-include")

    def test_finds_an_include_that_is_not_from_the_root(self):
        self.found("src/rota/run/a.cc", '#include "runner.h"', "include-root")
        self.taken("src/rota/run/a.cc", '#include "rota/run/runner.h"')

    def test_finds_using_namespace_in_headers(self):
        self.found("src/rota/run/a.h", "using namespace std;", "using-namespace")
        self.taken("src/rota/run/a.cc", "using namespace std::chrono_literals;")

    def test_finds_tests_that_do_not_run(self):
        self.found("src/rota/run/a_test.cc", "TEST(Run, DISABLED_Stops) {}", "disabled-test")
        self.found("src/rota/run/a_test.cc", "  GTEST_SKIP();", "disabled-test")

    def test_finds_unfinished_work_in_comments(self):
        self.found("src/rota/run/a.cc", "// TODO: later", "todo")
        self.found("src/rota/run/a.cc", "Run();  // FIXME", "todo")

    def test_finds_raw_new_and_delete(self):
        self.found("src/rota/run/a.cc", "auto* run = new Run();", "raw-new")
        self.found("src/rota/run/a.cc", "  delete run;", "raw-new")
        self.taken("src/rota/run/a.cc", "Run(const Run&) = delete;")
        self.found("src/rota/run/a.cc", "return new Run();", "raw-new")
        self.taken("src/rota/run/a.cc", "return std::unique_ptr<Run>(new Run(options));")
        self.taken("src/rota/run/a.cc", "Run::Run() : state_(new State{1, 2}) {}")
        self.taken("src/rota/run/a.cc", "Begin();  // Begins a new run.")

    def test_finds_mutexes_that_the_compiler_cannot_check(self):
        self.found("src/rota/run/a.cc", "std::mutex mu;", "raw-mutex")
        self.found("src/rota/run/a.cc", "std::condition_variable wake;", "raw-mutex")
        self.taken("src/rota/base/mutex.h", "std::mutex mutex_;")

    def test_finds_detached_threads(self):
        self.found("src/rota/run/a.cc", "std::thread(Work).detach();", "detached-thread")

    def test_finds_bool_parameters_in_the_headers_of_a_component(self):
        for line in ("void Stop(bool now);", "Run(int attempt, const bool force = false);", "void Set(bool on, int n);"):
            self.found("src/rota/run/a.h", line, "bool-parameter")
            self.taken("src/rota/run/internal.h", line)
        self.taken("src/rota/run/a.h", "std::function<bool()> lease_lost_;")
        self.taken("src/rota/run/a.h", "bool Stop(int now);")

    def test_finds_comments_for_generators(self):
        self.found("src/rota/run/a.h", "/// Runs.", "doc-comment")
        self.found("src/rota/run/a.h", "/** Runs. */", "doc-comment")

    def test_finds_a_header_that_can_be_included_twice(self):
        self.assertEqual(lint({"src/rota/run/a.h": "void Run();\n"}), ["src/rota/run/a.h:1: [pragma-once]"])

    def test_takes_what_only_comments_and_literals_say(self):
        self.taken("src/rota/run/a.cc", "// Never calls system_clock or new Run().")
        self.taken("src/rota/run/a.cc", 'Print("steady_clock::now");')
        self.taken("src/rota/run/a.cc", 'Print(R"(\n  delete run;\n)");')
        self.taken("src/rota/run/a.cc", "/* co_await\n co_return */")

    def test_counts_lines_past_what_spans_several(self):
        text = 'auto text = R"(\n\n)";\n/*\n*/\nco_return;\n'
        self.assertEqual(lint({"src/rota/run/a.cc": text}), ["src/rota/run/a.cc:6: [coroutine]"])

    def test_takes_an_exemption_of_the_right_ban_that_gives_its_reason(self):
        self.taken("src/rota/run/a.cc", "t.detach();  // NOLINT(rota-detached-thread): the process ends with it.")
        self.found("src/rota/run/a.cc", "t.detach();  // NOLINT(rota-detached-thread)", "detached-thread")
        self.found("src/rota/run/a.cc", "t.detach();  // NOLINT(rota-raw-new): no.", "detached-thread")

    def test_the_script_prints_its_findings_and_fails(self):
        with tempfile.TemporaryDirectory() as root:
            for text, code, output in (
                ("int a;\n", 0, ""),
                ("int a;\nthread.detach();\n", 1, "src/a.cc:2: [detached-thread] every thread has an owner and a join\n"),
            ):
                plant(root, {"src/a.cc": text})
                result = subprocess.run([sys.executable, SCRIPT, root], stdout=subprocess.PIPE, text=True, check=False)
                self.assertEqual((result.returncode, result.stdout), (code, output))


if __name__ == "__main__":
    unittest.main()
