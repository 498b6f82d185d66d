#include "rota/config/import.h"

#include <gtest/gtest.h>

#include "rota/config/yaml.h"

namespace rota {
namespace {

std::string NameOf(std::string_view command) { return TaskNames().For(command); }

TEST(TaskNames, AreMadeOfWhatRunsAndOfWhatItWorksOn) {
  EXPECT_EQ(NameOf("/usr/bin/certbot -q renew"), "certbot-renew");
  EXPECT_EQ(NameOf("/usr/local/bin/backup.sh"), "backup.sh");
  EXPECT_EQ(NameOf("df -h | mail ops"), "df");
  EXPECT_EQ(NameOf("php /srv/shop/artisan schedule:run >>/dev/null 2>&1"), "artisan-schedule:run");
  EXPECT_EQ(NameOf("test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )"),
            "run-parts-cron.daily");
  EXPECT_EQ(NameOf("cd /srv/app && nice -n 10 ./bin/report --full 2026"), "report");
  EXPECT_EQ(NameOf("flock -n /tmp/x.lock /opt/sync all"), "sync-all");
  EXPECT_EQ(NameOf("if [ -x /usr/bin/x ]; then /usr/bin/x clean; fi"), "x-clean");
  EXPECT_EQ(NameOf("PATH=/bin ssh host uptime"), "ssh-host");
  EXPECT_EQ(NameOf("cd /srv"), "cd-srv");
  EXPECT_EQ(NameOf("echo \"it's: on\""), "echo-it-s");
  EXPECT_EQ(NameOf("\xe4\xb8\xad"), "task");
  EXPECT_EQ(NameOf("/opt/a-very-long-name-of-a-program/that-goes-on-and-on-beyond-all-measure.sh"),
            "that-goes-on-and-on-beyond-all-measure.s");
}

TEST(TaskNames, AreGivenOutOnce) {
  TaskNames names;
  EXPECT_EQ(names.For("df -h"), "df");
  EXPECT_EQ(names.For("df -k"), "df-2");
  EXPECT_EQ(names.For("df"), "df-3");
}

TEST(ImportYaml, WritesEveryKeyThatATaskHas) {
  Import import;
  import.header = {"# Made by hand."};
  import.timezone = "Europe/Berlin";
  ImportedTask task;
  task.comments = {"# Nightly:\tall of it", ""};
  task.name = "backup";
  task.description = "All of it: nightly";
  task.schedule = "0 2 * * *";
  task.timezone = "Asia/Tokyo";
  task.exec = {"/bin/bash", "-c", "echo ${A} $B"};
  task.env = {{"PATH", "/bin:/usr/bin"}, {"EMPTY", ""}};
  task.directory = "/srv";
  task.user = "root";
  task.environments = {"production", "staging"};
  task.without_overlapping = true;
  import.tasks.push_back(task);
  ImportedTask shell;
  shell.name = "mail";
  shell.schedule = "@daily";
  shell.shell = "{ mail ann\n} <<'END'\n  hello\n\nEND";
  import.tasks.push_back(shell);
  import.comments = {"", "# The end."};
  EXPECT_EQ(ToYaml(import), R"(# Made by hand.

app:
  timezone: Europe/Berlin

tasks:
  # Nightly:	all of it

  - name: backup
    description: "All of it: nightly"
    schedule: "0 2 * * *"
    timezone: Asia/Tokyo
    exec: [/bin/bash, -c, "echo $${A} $B"]
    env:
      EMPTY: ""
      PATH: /bin:/usr/bin
    directory: /srv
    user: root
    environments: [production, staging]
    without_overlapping: true
  - name: mail
    schedule: "@daily"
    shell: |-
      { mail ann
      } <<'END'
        hello

      END

  # The end.
)");
  const Result<yaml::Node> root = yaml::Parse(ToYaml(import), "test.yaml");
  ASSERT_TRUE(root);
  EXPECT_EQ(yaml::Find(yaml::Find(*root, "tasks")->items.at(1), "shell")->text, shell.shell);
}

TEST(ImportYaml, QuotesABlockThatWouldBeReadOtherwise) {
  for (const char* text : {" indented\nline", "a\n\n", "\na", "a\tb\nc", "a\x01\nb"}) {
    Import import;
    ImportedTask task;
    task.name = "a";
    task.schedule = "@daily";
    task.shell = text;
    import.tasks.push_back(task);
    const Result<yaml::Node> root = yaml::Parse(ToYaml(import), "test.yaml");
    ASSERT_TRUE(root) << ToYaml(import);
    EXPECT_EQ(yaml::Find(yaml::Find(*root, "tasks")->items.at(0), "shell")->text, text);
  }
}

TEST(ImportYaml, HasAnEmptyListWhereThereIsNoTask) { EXPECT_EQ(ToYaml(Import()), "\ntasks: []\n"); }

TEST(ImportJson, HoldsTheConfigurationAndWhatWasLeftOut) {
  Import import;
  import.left_out.push_back({"7:1", "MAILTO \"ann\": no mail"});
  EXPECT_EQ(ToJson(import),
            R"({"config":"\ntasks: []\n","tasks":[],"left_out":[{"place":"7:1","reason":"MAILTO \"ann\": no mail"}]})"
            "\n");
}

}  // namespace
}  // namespace rota
