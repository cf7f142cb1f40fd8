// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/ioctl.h>

#include "harness/base/file.h"
#include "harness/model/json.h"
#include "harness/testing/program_trial.h"
#include "harness/testing/repro_manifest.h"

int hang_program_main(int argc, char** argv);

namespace hangrate {
namespace {

using testing::comes_true;
using testing::manifest_of;
using testing::registered_variants;
using testing::run_alone;
using testing::variants_of;

std::vector<Signature> signatures_of(const std::string& name) {
  for (const Variant& variant : manifest_of("pipe_full_child").variants) {
    if (variant.name == name) return variant.signatures;
  }
  return {};
}

std::string proc_text(int pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool gone(int pid) {
  return ::kill(pid, 0) != 0 && errno == ESRCH;
}

int only_child_of(int pid) {
  const std::string id = std::to_string(pid);
  return std::atoi(proc_text(pid, "task/" + id + "/children").c_str());
}

int queued_in(int fd) {
  int queued = -1;
  return ::ioctl(fd, FIONREAD, &queued) == 0 ? queued : -1;
}

/// Checks a process against a signature with what /proc shows to this user.
void expect_asleep_as(const Signature& signature, int pid) {
  EXPECT_NE(signature.states.find(hang_state_of(pid)), std::string::npos);
  const std::string wchan = proc_text(pid, "wchan");
  if (!wchan.empty() && wchan != "0") {
    EXPECT_EQ(std::count(signature.wchans.begin(), signature.wchans.end(), wchan), 1) << wchan;
  }
  const std::string stack = proc_text(pid, "stack");
  if (stack.empty()) return;  // root only
  for (const auto& group : signature.frames) {
    EXPECT_TRUE(std::any_of(group.begin(), group.end(), [&](const std::string& frame) {
      return stack.find(" " + frame + "+") != std::string::npos;
    })) << stack;
  }
}

TEST(Variants, OfTheManifestAreThoseOfTheProgram) {
  const std::set<std::string> told = variants_of(manifest_of("pipe_full_child"));
  EXPECT_EQ(told, registered_variants());
  EXPECT_FALSE(told.empty());
}

TEST(Alone, HangsAreProvenAndFreed) {
  EXPECT_EQ(run_alone(hang_program_main, {"deadlock", "--trials", "3"}), HANG_EXIT_HIT);
  EXPECT_EQ(run_alone(hang_program_main, {"keep-read-end", "--trials", "3"}), HANG_EXIT_HIT);
  EXPECT_EQ(run_alone(hang_program_main, {"close-read-end", "--trials", "50"}), 0);
}

TEST(Alone, CuresEndAndLoseNoByte) {
  for (const char* variant : {"drain-poll", "drain-threads"}) {
    for (const char* line : {"line=137", "line=4097"}) {
      EXPECT_EQ(run_alone(hang_program_main, {variant, line, "--trials", "20"}), 0) << variant;
    }
  }
}

class Trial : public testing::ProgramTrial<> {
 protected:
  void park(const char* variant) { ProgramTrial::park(hang_program_main, variant, 200'000); }
  /// Starts the deadlock with a patience that does not end, and waits until it is complete.
  void wedge() {
    worker_.start(hang_program_main, "deadlock", 60'000'000'000);
    ASSERT_TRUE(comes_true([&] {
      parent_ = only_child_of(worker_.pid());
      child_ = parent_ != 0 ? only_child_of(parent_) : 0;
      return child_ != 0 && proc_text(child_, "comm") == "full-child\n" &&
             hang_state_of(child_) == 'S' && hang_state_of(parent_) == 'S';
    }));
  }
  static void stop(int pid) {
    ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    ASSERT_TRUE(comes_true([&] { return hang_state_of(pid) == 'T'; }));
  }
  int party(const std::string& role) const {
    for (std::uint32_t i = 0; i < slot_.party_count; ++i) {
      if (slot_.parties[i].role == role) return slot_.parties[i].pid;
    }
    return 0;
  }

  int parent_ = 0, child_ = 0;
};

class ParkedTrial : public Trial, public ::testing::WithParamInterface<const char*> {
  void SetUp() override { park(GetParam()); }
};

TEST_P(ParkedTrial, InvariantIsBrokenFromTheFirstCheckUntilTheLever) {
  for (int i = 0; i < 3; ++i) {
    order(HANG_CHECK);
    EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  }
  order(HANG_LEVER);
  EXPECT_EQ(slot_.lever_pulled, 1u);
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

TEST_P(ParkedTrial, EveryPartyIsAVictimAndSleepsWhereTheManifestSays) {
  const auto signatures = signatures_of(GetParam());
  EXPECT_EQ(slot_.party_count, signatures.size());
  for (const Signature& signature : signatures) {
    ASSERT_NE(party(signature.role), 0) << signature.role;
    expect_asleep_as(signature, party(signature.role));
  }
  for (std::uint32_t i = 0; i < slot_.party_count; ++i) EXPECT_EQ(slot_.parties[i].victim, 1);
}

TEST_P(ParkedTrial, KillingTheVictimsEndsIt) {
  for (std::uint32_t i = 0; i < slot_.party_count; ++i) {
    // The second one may be gone already: it dies with the first.
    EXPECT_TRUE(::kill(slot_.parties[i].pid, SIGKILL) == 0 || (i > 0 && errno == ESRCH));
  }
  EXPECT_TRUE(comes_true([&] { return worker_.released() && worker_.clean(); }));
}

TEST_P(ParkedTrial, StopAndContinueFreesNobody) {
  for (std::uint32_t i = 0; i < slot_.party_count; ++i) {
    const int pid = slot_.parties[i].pid;
    stop(pid);
    ASSERT_EQ(::kill(pid, SIGCONT), 0);
    EXPECT_TRUE(comes_true([&] { return hang_state_of(pid) == 'S'; }));
  }
  // A child that stops or goes on wakes its parent for a moment.
  for (std::uint32_t i = 0; i < slot_.party_count; ++i) {
    EXPECT_TRUE(comes_true([&] { return hang_state_of(slot_.parties[i].pid) == 'S'; }));
  }
  order(HANG_CHECK);
  EXPECT_EQ(slot_.invariant, HANG_BROKEN) << slot_.invariant_text;
  EXPECT_FALSE(worker_.released());
}

INSTANTIATE_TEST_SUITE_P(Hanging, ParkedTrial, ::testing::Values("deadlock", "keep-read-end"),
                         [](const auto& param) {
                           const std::string name = param.param;
                           return name == "deadlock" ? "Deadlock" : "KeepReadEnd";
                         });

TEST_F(Trial, LeverBlocksNeitherUsNorAltersTheWriter) {
  park("deadlock");
  const int writer = party("child");
  stop(writer);
  const std::string before = proc_text(writer, "fdinfo/1");
  const hang_fd end(::open(("/proc/" + std::to_string(writer) + "/fd/1").c_str(), O_WRONLY));
  ASSERT_GE(end, 0);
  order(HANG_LEVER);  // empties the pipe
  order(HANG_LEVER);  // nothing to read, and the writer cannot write
  EXPECT_TRUE(comes_true([&] { return queued_in(end) == 0; }));
  EXPECT_NE(before, "");
  EXPECT_EQ(proc_text(writer, "fdinfo/1"), before);
  EXPECT_FALSE(worker_.released());
  ASSERT_EQ(::kill(writer, SIGCONT), 0);
  EXPECT_TRUE(comes_true([&] { return worker_.clean(); }));
}

TEST_F(Trial, HiveLinesBlockBefore64KiB) {
  park("deadlock");
  const std::string path = "/proc/" + std::to_string(party("child")) + "/fd/1";
  const hang_fd end(::open(path.c_str(), O_WRONLY | O_NONBLOCK));
  ASSERT_GE(end, 0);
  if (::sysconf(_SC_PAGESIZE) != 4096 || ::fcntl(end, F_GETPIPE_SZ) != 65536) GTEST_SKIP();
  EXPECT_EQ(queued_in(end), 464 * 137);
}

TEST_F(Trial, KilledParentIsInconclusive) {
  wedge();
  ASSERT_EQ(::kill(parent_, SIGKILL), 0);
  ASSERT_TRUE(comes_true([&] { return worker_.in(HANG_REPORTED); }));
  EXPECT_EQ(slot_.outcome, static_cast<std::uint32_t>(HANG_INCONCLUSIVE));
  EXPECT_TRUE(gone(child_));
}

TEST_F(Trial, KilledChildIsInfra) {
  wedge();
  ASSERT_EQ(::kill(child_, SIGKILL), 0);
  ASSERT_TRUE(comes_true([&] { return worker_.in(HANG_REPORTED); }));
  EXPECT_EQ(slot_.outcome, static_cast<std::uint32_t>(HANG_INFRA));
}

TEST_F(Trial, DeathOfTheWorkerLeavesNobodyBehind) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  wedge();
  worker_.end();
  // Both end as our children; nobody told them to but the kernel.
  EXPECT_TRUE(comes_true([] { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }));
}

TEST_F(Trial, CapacityReportsEveryRowOnce) {
  worker_.start(hang_program_main, "capacity", 200'000);
  ASSERT_TRUE(comes_true([&] { return worker_.in(HANG_REPORTED); })) << slot_.message;
  EXPECT_EQ(slot_.outcome, static_cast<std::uint32_t>(HANG_CLEAN));
  const std::string rows(slot_.measurements, slot_.measurement_bytes);
  for (const char* name : {"page size\t", "default capacity\t", "default slots\t", "write 137 B\t",
                           "packet 4097 B\t", "sizes off the merge rule\t0\t",
                           "unprivileged: first smaller pipe\t", "unprivileged: its capacity\t"}) {
    const std::size_t at = rows.find(name);
    EXPECT_NE(at, std::string::npos) << name << rows;
    EXPECT_EQ(rows.find(name, at + 1), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace hangrate
