"""Runs ./dev with fakes of apt, dpkg, sudo and id, on a PATH that holds nothing else, and reads what it asks of them."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

DEV = pathlib.Path(__file__).resolve().parents[2] / "dev"
TOOLS = ("bash", "cat", "dirname", "env", "find", "ls", "mktemp", "rm", "xargs")


class Dev(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.bin = pathlib.Path(self.folder.name)
        self.log = self.bin / "calls.log"
        self.log.touch()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.fake("clang-format-19", "")
        self.fake("dpkg-query", 'echo "ii "')
        self.fake("id", "echo 0")
        self.fake("apt-cache", "")
        self.fake("apt-get", 'echo "apt-get $*" >>"$CALLS"')

    def fake(self, name, body):
        file = self.bin / name
        file.write_text(f"#!{shutil.which('bash')}\n{body}\n", encoding="utf-8")
        file.chmod(0o755)

    def dev(self, *arguments, script=DEV):
        environment = {"PATH": str(self.bin), "CALLS": str(self.log), "HOME": os.environ.get("HOME", "/")}
        result = subprocess.run(
            [script, *arguments], env=environment, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        return result.returncode, result.stdout, self.log.read_text(encoding="utf-8").splitlines()

    INSTALL = "apt-get install -y --no-install-recommends clang-format-19"

    def test_lists_its_verbs_a_line_each(self):
        code, output, _ = self.dev()
        self.assertEqual(code, 0)
        verbs = [line.split()[0] for line in output.splitlines() if line.startswith("  ")]
        self.assertEqual(verbs, ["run", "test", "bench", "lint", "format", "sanitize", "fuzz", "simulate", "chaos", "clean"])

    def test_explains_each_verb(self):
        for verb in ("run", "test", "bench", "lint", "format", "sanitize", "fuzz", "simulate", "chaos", "clean"):
            code, output, _ = self.dev(verb, "--help")
            self.assertEqual((code, output.startswith(f"usage: ./dev {verb}")), (0, True), verb)

    def test_refuses_an_unknown_verb(self):
        code, output, _ = self.dev("tset")
        self.assertEqual((code, output.splitlines()[0]), (2, "./dev: unknown verb: tset"))

    def test_tells_how_to_stop_the_schedule_and_no_other_command(self):
        copy = self.bin / "copy"
        server = copy / "build/release/examples/server/server"
        server.parent.mkdir(parents=True)
        (copy / "examples/server").mkdir(parents=True)
        self.fake("cmake", "")
        self.fake(server, 'echo "server $*"')
        shutil.copy(DEV, copy)
        start = "==> starting examples/server: stop it with Ctrl-C"
        for arguments, lines in (((), [start, "server schedule:work"]), (("schedule:list",), ["server schedule:list"])):
            code, output, _ = self.dev("run", *arguments, script=copy / "dev")
            self.assertEqual((code, output.splitlines()), (0, ["==> building (release)", *lines]))

    def test_leaves_apt_alone_when_nothing_is_missing(self):
        self.assertEqual(self.dev("format"), (0, "", []))

    def test_installs_what_is_missing(self):
        self.fake("dpkg-query", "exit 1")
        self.assertEqual(self.dev("format"), (0, "==> installing clang-format-19\n", [self.INSTALL]))

    def test_takes_a_removed_package_for_missing(self):
        self.fake("dpkg-query", 'echo "rc "')
        self.assertEqual(self.dev("format")[2], [self.INSTALL])

    def test_updates_first_when_the_lists_do_not_know_the_package(self):
        self.fake("dpkg-query", "exit 1")
        self.fake("apt-cache", "exit 100")
        self.assertEqual(self.dev("format")[2], ["apt-get update", self.INSTALL])

    def test_updates_and_tries_again_when_the_lists_are_old(self):
        self.fake("dpkg-query", "exit 1")
        self.fake("apt-get", 'echo "apt-get $*" >>"$CALLS"\n[[ $1 == update || $(<"$CALLS") == *update* ]]')
        self.assertEqual(self.dev("format")[2], [self.INSTALL, "apt-get update", self.INSTALL])

    def test_says_why_when_apt_fails(self):
        self.fake("dpkg-query", "exit 1")
        self.fake("apt-get", "echo no network\nexit 100")
        code, output, _ = self.dev("format")
        self.assertEqual((code, output.splitlines()[-1]), (1, f"./dev: installing failed: {self.INSTALL}"))
        self.assertIn("no network", output)

    def test_installs_through_sudo_when_not_root(self):
        self.fake("dpkg-query", "exit 1")
        self.fake("id", "echo 1000")
        self.fake("sudo", '[[ $1 == -n ]] && shift && exec "$@"')
        (self.bin / "true").symlink_to(shutil.which("true"))
        self.assertEqual(self.dev("format")[2], [self.INSTALL])

    def test_names_the_packages_and_the_command_without_root_and_sudo(self):
        self.fake("dpkg-query", "exit 1")
        self.fake("id", "echo 1000")
        self.assertEqual(
            self.dev("format"),
            (
                1,
                "./dev: these packages are missing, and installing them needs root: clang-format-19\n"
                f"       Run: sudo {self.INSTALL}\n",
                [],
            ),
        )

    def test_names_the_packages_and_the_command_without_apt(self):
        (self.bin / "dpkg-query").unlink()
        (self.bin / "apt-get").unlink()
        self.assertEqual(
            self.dev("format"),
            (
                1,
                "./dev: these packages are missing, and there is no apt-get to install them: clang-format-19\n"
                f"       On Debian 12: sudo {self.INSTALL}\n",
                [],
            ),
        )


if __name__ == "__main__":
    unittest.main()
