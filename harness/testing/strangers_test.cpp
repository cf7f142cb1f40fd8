// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small C programs as fuzzers and people send them, each run by `hangrate run --exec` as it is:
// what is clean, what is proven to hang and how, what only stands still, what says that it found
// something.
#include <filesystem>

#include <gtest/gtest.h>

#include "harness/model/json.h"
#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

constexpr const char* kClean = "clean";
constexpr const char* kFinding = "finding";
constexpr const char* kStuck = "stuck";
constexpr const char* kDeadlock = "deadlock";
constexpr const char* kOrphaned = "orphaned";

struct Stranger {
  const char* name;
  const char* expect;
};
constexpr Stranger kStrangers[] = {
    {"alarm_watchdog", kClean},
    {"fork_loop", kClean},
    {"namespaces_kill_all", kClean},
    {"slow_peer", kClean},
    {"thread_calls", kClean},
    {"fault_in_thread", kFinding},
    {"says_what_is_wrong", kFinding},
    {"fifo_without_writer", kStuck},
    {"message_queue", kStuck},
    {"signal_wait", kStuck},
    {"both_receive", kDeadlock},
    {"both_receive_over_loopback", kDeadlock},
    {"description_locks_cross", kDeadlock},
    {"flocks_cross", kDeadlock},
    {"mutexes_cross", kDeadlock},
    {"select_for_ever", kOrphaned},
    {"semaphore_in_shared_memory", kDeadlock},
    {"vfork_child_reads", kDeadlock},
    {"wait_then_read", kDeadlock},
    {"write_then_join", kDeadlock},
};

/// The class of a program by a few trials: a busy machine may leave one without a proof. What was
/// printed, if it is of no class.
std::string class_of(const std::string& program, const std::string& folder) {
  const Ran ran = run_command({HANGRATE_BUILD_DIR "/bin/hangrate", "run", "--exec", program, "-q",
                               "--json", "-", "--trials", "2", "--trace", "off", "--workers", "1",
                               "--time-limit", "5", "--results", folder + "/run"},
                              100);
  const auto json = parse_json(ran.out);
  if (!json) return ran.out + ran.err;
  const Json& result = (*json)["kernels"][0]["results"][0];
  if (result["anomalies"] > 0) return kFinding;
  if (result["hits"] == 0) return result["trials"] > 0 ? kClean : kStuck;
  const std::string journal = read_file(folder + "/run/journal.jsonl").value_or("");
  for (const char* kind : {kDeadlock, kOrphaned}) {
    if (journal.find(std::string(kind) + ": ") != journal.npos) return kind;
  }
  return result.dump(1);
}

/// What is proven depends on what can be looked into here, and on how soon a busy machine lets a
/// look end: a hang may be left stuck. A proof must be true anywhere.
TEST(Strangers, AreWhatTheyAreTakenFor) {
  if (::geteuid() != 0) GTEST_SKIP() << "what others may hold is shown to root";
  const std::string sources = HANGRATE_SOURCE_DIR "/harness/testing/strangers/programs/";
  const auto files = std::filesystem::directory_iterator(sources);
  EXPECT_EQ(std::distance(begin(files), end(files)), static_cast<long>(std::size(kStrangers)));
  for (const Stranger& each : kStrangers) {
    SCOPED_TRACE(each.name);
    const TempFolder folder;
    const std::string program = folder / each.name;
    const Ran built = run_command({"/usr/bin/cc", "-std=gnu11", "-O1", "-pthread", "-o", program,
                                   sources + each.name + ".c", "-lrt"});
    ASSERT_EQ(built.code, 0) << built.err;
    const std::string got = class_of(program, folder.path());
    std::printf("%-28s expected %-9s got %s\n", each.name, each.expect, got.c_str());
    const bool hangs =
        each.expect == std::string(kDeadlock) || each.expect == std::string(kOrphaned);
    EXPECT_TRUE(got == each.expect || (hangs && got == kStuck)) << got;
  }
}

}  // namespace
}  // namespace hangrate::testing
