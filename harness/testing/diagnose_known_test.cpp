// SPDX-License-Identifier: GPL-2.0-or-later
//
// What `hangrate diagnose` adds to what it proves: the bug that it looks like, a page, and whom a
// container's name means.
#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "harness/model/json.h"
#include "harness/sys/cgroup.h"
#include "harness/testing/diagnosed.h"
#include "harness/testing/schema.h"

namespace hangrate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// What `argv`, which fills a pipe, is diagnosed as, once one of it sleeps in a write; then it is
/// killed.
Ran diagnosed_writer(const std::vector<std::string>& argv, const std::vector<std::string>& more) {
  Ran told;
  run_command(argv, 60, [&](pid_t pid) {
    const auto family = family_of(pid);
    if (told.code >= 0 || !somebody_writes(family)) return;
    std::vector<std::string> order = more;
    order.insert(order.end(), family.begin(), family.end());
    told = diagnose(order);
    for (std::size_t i = family.size(); i-- > 0;) ::kill(std::stoi(family[i]), SIGKILL);
  });
  return told;
}

/// "REPRO/VARIANT" of what the proofs of a diagnosis in JSON are named, blanks between.
std::string names_in(const std::string& text) {
  const auto json = parse_json(text);
  if (!json) return "no JSON: " + text;
  std::string names;
  for (const Json& proof : (*json)["proofs"]) {
    for (const Json& bug : proof["known"]) {
      names += (names.empty() ? "" : " ") + bug["repro"].get<std::string>() + "/" +
               bug["variant"].get<std::string>();
    }
  }
  return names;
}

/// The container of a FUSE daemon that does not die, diagnosed; nullopt: no such mount here.
std::optional<Ran> diagnosed_fuse(const std::vector<std::string>& more) {
  Ran told;
  const Ran story =
      run_command({HANGRATE_BUILD_DIR "/stories/fuse_own_file", "3"}, 60, [&](pid_t pid) {
        const auto family = family_of(pid);
        if (told.code >= 0 || !some_init_exits(family)) return;
        std::vector<std::string> order = more;
        order.insert(order.end(), family.begin(), family.end());
        told = diagnose(order);
      });
  if (story.code == 4) return std::nullopt;
  return told;
}

class DiagnoseKnown : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "what others hold is told to root";
  }
  TempFolder folder_;
};

TEST_F(DiagnoseKnown, AFuseDaemonThatHoldsItsOwnFileIsTheFlushBug) {
  const auto told =
      diagnosed_fuse({"--json", folder_ / "hang.json", "--html", folder_ / "hang.html"});
  if (!told) GTEST_SKIP() << "no FUSE mount here";
  EXPECT_EQ(told->code, 1) << told->out << told->err;
  EXPECT_THAT(told->out, HasSubstr("known: the shape of fuse_flush_exit/pid-namespace: "));
  EXPECT_THAT(told->out, HasSubstr("affected: before v6.3 (synchronous flush at exit); "));
  EXPECT_THAT(told->out, HasSubstr("what frees it: abort the FUSE connection"));
  const std::string json = read_file(folder_ / "hang.json").value_or("");
  EXPECT_EQ(names_in(json), "fuse_flush_exit/pid-namespace");
  EXPECT_EQ(validate("diagnosis.schema.json", PlainJson::parse(json, nullptr, false)), "") << json;
  const std::string page = read_file(folder_ / "hang.html").value_or("");
  EXPECT_THAT(page, HasSubstr("<svg class=\"waits\""));
  EXPECT_THAT(page, HasSubstr("Known: the shape of fuse_flush_exit/pid-namespace"));
}

/// The same look as three other bugs: a writer asleep in a full pipe.
TEST_F(DiagnoseKnown, AFullPipeIsNamedByWhoWaitsForWhomAndHowFullItIs) {
  const auto names = [&](const std::vector<std::string>& argv) {
    const Ran told = diagnosed_writer(argv, {"--json", "-"});
    const auto json = PlainJson::parse(told.out, nullptr, false);
    EXPECT_EQ(validate("diagnosis.schema.json", json), "") << told.out;
    return names_in(told.out);
  };
  const std::string slot = kStories + "full_slot.py";
  EXPECT_EQ(names({"/usr/bin/env", "python3", kStories + "full_pipe_popen.py"}),
            "pipe_full_child/deadlock");
  EXPECT_EQ(names({"/usr/bin/env", "python3", slot}), "pipe_full_child/keep-read-end");
  EXPECT_EQ(names({"/usr/bin/env", "python3", slot, "4096"}), "pipe_one_slot/swap");
}

/// A wait case, diagnosed once a task of it sleeps in `place` in state `state`; no code: it never
/// did, or cannot be made here.
Ran diagnosed_case(const std::string& name, const std::string& place, const std::string& state) {
  Ran told;
  const std::string cases = HANGRATE_BUILD_DIR "/waits/wait_cases";
  run_command({"/bin/sh", "-c", "sleep 60 | timeout 60 " + cases + " " + name}, 60, [&](pid_t pid) {
    const auto family = family_of(pid);
    const auto is_there = [&](const std::string& one) {
      const std::string stat = read_proc_file("/proc/" + one + "/stat");
      return read_proc_file("/proc/" + one + "/wchan").find(place) != std::string::npos &&
             stat.find(") " + state) != std::string::npos;
    };
    if (told.code >= 0 || std::none_of(family.begin(), family.end(), is_there)) return;
    told = diagnose(family);
    // By its own hand: what hangs unkillably is freed then.
    for (const std::string& one : family) {
      if (read_proc_file("/proc/" + one + "/comm") != "timeout\n") continue;
      ::kill(std::stoi(one), SIGTERM);
    }
    for (const std::string& one : family) {
      if (read_proc_file("/proc/" + one + "/comm") == "sleep\n") ::kill(std::stoi(one), SIGTERM);
    }
  });
  return told;
}

TEST_F(DiagnoseKnown, AReaderThatWaitsForAPipeWhichASpliceHasLockedIsNamed) {
  const Ran told = diagnosed_case("splice-peer-naps", "pipe_read", "D");
  if (told.code < 0) GTEST_SKIP() << "splice(2) does not keep a reader out here";
  EXPECT_EQ(told.code, 3) << told.out << told.err;
  EXPECT_THAT(told.out, HasSubstr("known: it sleeps where a task does in splice_pipe_lock/read: "));
  EXPECT_THAT(told.out, HasSubstr("nothing is proven of it"));
}

TEST_F(DiagnoseKnown, AServerInsideOfItsNotificationIsNamedAndASilentOneIsNot) {
  const Ran inside = diagnosed_case("fuse-invalidates-lookup", "fuse_reverse_inval_entry", "D");
  if (inside.code < 0) GTEST_SKIP() << "no FUSE mount here, or its place is not told";
  EXPECT_THAT(inside.out, HasSubstr("fuse_inval_lookup/lookup: ")) << inside.out << inside.err;
  const Ran silent = diagnosed_case("fuse-withheld", "request_wait_answer", "");
  ASSERT_GE(silent.code, 0);
  EXPECT_THAT(silent.out, Not(HasSubstr("fuse_inval_lookup")));
}

TEST_F(DiagnoseKnown, WhatNoManifestDescribesIsProvenAllTheSame) {
  const std::string slot = kStories + "full_slot.py";
  const Ran told = diagnosed_writer({"/usr/bin/env", "python3", slot},
                                    {"--repro-dir", folder_.path(), "--json", "-"});
  EXPECT_EQ(told.code, 1) << told.out << told.err;
  EXPECT_EQ(names_in(told.out), "");
  EXPECT_THAT(told.out, HasSubstr("\"orphaned\""));
}

TEST_F(DiagnoseKnown, AManifestOfElsewhereMayNameIt) {
  ::mkdir((folder_ / "my_bug").c_str(), 0700);
  const std::string text = R"({"name": "my_bug", "title": "mine", "exec": ["/bin/true"],
      "affected": [{"from": "2.6.0", "to": "4.0"}],
      "variants": [{"name": "own", "summary": "s", "ladder": ["wait"],
        "signatures": [{"role": "task", "wchans": ["pipe_write", "anon_pipe_write"]}],
        "shape": {"proofs": ["orphaned"]}}]})";
  FILE* file = std::fopen((folder_ / "my_bug/repro.json").c_str(), "w");
  std::fputs(text.c_str(), file);
  std::fclose(file);
  const Ran told = diagnosed_writer({"/usr/bin/env", "python3", kStories + "full_slot.py"},
                                    {"--repro-dir", folder_.path()});
  EXPECT_EQ(told.code, 1) << told.out << told.err;
  EXPECT_THAT(told.out, HasSubstr("known: the shape of my_bug/own: mine"));
  EXPECT_THAT(told.out, HasSubstr("is outside of that. That would be news, and is no claim"));
}

TEST(DiagnosePage, OfASleeperSaysThatNothingHangs) {
  const TempFolder folder;
  Ran told;
  run_command({"/bin/sleep", "5"}, 60, [&](pid_t pid) {
    if (told.code >= 0) return;
    told = diagnose({"--html", folder / "page.html", std::to_string(pid)});
    ::kill(pid, SIGKILL);
  });
  EXPECT_EQ(told.code, 0) << told.out << told.err;
  const std::string page = read_file(folder / "page.html").value_or("");
  EXPECT_THAT(page, HasSubstr("Nothing hangs"));
  EXPECT_THAT(page, HasSubstr("</html>"));
  EXPECT_THAT(page, Not(HasSubstr("<svg")));
}

TEST(DiagnosePage, AWrongCommandLineWritesNone) {
  const TempFolder folder;
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"--html", "/no/such/folder/x", "1"},
        {"--html", "-", "--json", "-", "1"},
        {"--html", folder / "page.html", "--repro-dir", "/no/such/folder", "1"},
        {"--html", folder / "page.html", "--container", "no-such-container"},
        {"--html", folder / "page.html"}}) {
    EXPECT_EQ(diagnose(wrong).code, 2);
  }
  EXPECT_NE(::access((folder / "page.html").c_str(), F_OK), 0);
}

/// Cgroups as a runtime makes them, as far as this machine lets us.
class DiagnoseContainer : public ::testing::Test {
 protected:
  void SetUp() override {
    const CgroupMounts mounts = find_cgroup_mounts(read_proc_file("/proc/self/mountinfo"));
    root_ = mounts.v1.empty() ? mounts.v2 : mounts.v1;
    if (root_.empty() || !make("ab")) GTEST_SKIP() << "no cgroup can be made here";
    ASSERT_TRUE(make("cd"));
  }
  void TearDown() override {
    for (auto path = made_.rbegin(); path != made_.rend(); ++path) {
      // What was killed in it is not gone at once.
      for (int i = 0; i < 1000 && ::rmdir(path->c_str()) != 0 && errno == EBUSY; ++i) {
        ::usleep(1000);
      }
    }
  }
  std::string name_of(const std::string& end) const { return "docker-" + id(end) + ".scope"; }
  static std::string id(const std::string& end) {
    return std::string(62 - end.size(), 'e') + end + "07";
  }
  bool make(const std::string& end) {
    made_.push_back(root_ + "/" + name_of(end));
    return ::mkdir(made_.back().c_str(), 0755) == 0;
  }
  static std::string python(const std::string& folder) {
    return "echo $$ > " + folder + "/cgroup.procs && exec python3 " + kStories + "full_slot.py";
  }

  std::string root_;
  std::vector<std::string> made_;
};

TEST_F(DiagnoseContainer, IsThatOfItsIdAndOfNoOther) {
  if (::geteuid() != 0) GTEST_SKIP() << "what others hold is told to root";
  Ran its;
  Ran other;
  Ran both;
  run_command(
      {"/bin/sh", "-c",
       "sh -c 'echo $$ > " + made_[1] + "/cgroup.procs && exec sleep 60' & " + python(made_[0])},
      60, [&](pid_t pid) {
        const auto family = family_of(pid);
        const bool second = !read_proc_file(made_[1] + "/cgroup.procs").empty();
        if (its.code >= 0 || !second || !somebody_writes(family)) return;
        its = diagnose({"--container", id("ab")});
        other = diagnose({"--container", id("cd")});
        both = diagnose({"--container", "eeee"});
        for (std::size_t i = family.size(); i-- > 0;) {
          ::kill(std::stoi(family[i]), SIGKILL);
        }
      });
  EXPECT_EQ(its.code, 1) << its.out << its.err;
  EXPECT_THAT(its.out, HasSubstr("orphaned"));
  EXPECT_EQ(other.code, 0) << other.out << other.err;
  EXPECT_EQ(both.code, 2) << both.out << both.err;
  EXPECT_THAT(both.err, HasSubstr(id("ab")));
  EXPECT_THAT(both.err, HasSubstr(id("cd")));
}

}  // namespace
}  // namespace hangrate::testing
