// SPDX-License-Identifier: GPL-2.0-or-later
#include <cerrno>
#include <csignal>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "harness/model/param_check.h"
#include "harness/testing/worker_process.h"
#include "repros/kit/supervised_worker.h"
#include "repros/kit/worker.h"

namespace hangrate::pipe_full_child {
namespace {

using protocol::InvariantStatus;
using protocol::Slot;
using protocol::TrialOutcome;
using protocol::Verb;
using testing::comes_true;
using testing::in_worker;

TEST(Manifest, EveryVariantCanBeMade) {
  const Manifest m = kit::reproducer_manifest();
  EXPECT_EQ(m.name, "pipe_full_child");
  std::set<std::string> names;
  for (const Variant& variant : m.variants) {
    EXPECT_TRUE(names.insert(variant.name).second) << variant.name;
    EXPECT_NE(kit::make_reproducer({variant.name, default_params(kit::reproducer_manifest()), 0}),
              nullptr);
    EXPECT_EQ(variant.signatures.empty(), variant.expect != Expect::Always) << variant.name;
  }
  EXPECT_EQ(m.variants.front().expect, Expect::Always);
}

TEST(FamilyTrial, CuresRunCleanWithoutSupervisor) {
  for (const char* variant : {"drain-poll", "drain-threads"}) {
    const int code = in_worker([&] {
      kit::WorkerOptions options;
      options.variant = variant;
      options.params = default_params(kit::reproducer_manifest());
      options.supervised = false;
      options.trials = 20;
      return kit::run_worker(options);
    });
    EXPECT_EQ(code, protocol::kExitClean) << variant;
  }
}

class ParkedTrial : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    worker_.slot().patience_ns = 200 * kMicro;
    ASSERT_TRUE(worker_.start([](kit::Context& context) {
      const auto reproducer =
          kit::make_reproducer({GetParam(), default_params(kit::reproducer_manifest()), 0});
      reproducer->setup(context);
      return static_cast<int>(reproducer->trial(context));
    }));
    ASSERT_TRUE(comes_true([&] { return worker_.parked(); }));
  }

  void order(Verb verb) {
    worker_.order(verb);
    ASSERT_TRUE(comes_true([&] { return worker_.answered(); }));
  }

  kit::SupervisedWorker worker_;
  const Slot& slot_ = worker_.slot();
};

TEST_P(ParkedTrial, InvariantIsBrokenFromTheFirstCheckUntilTheLever) {
  for (int i = 0; i < 3; ++i) {
    order(Verb::Check);
    EXPECT_EQ(InvariantStatus{slot_.invariant}, InvariantStatus::Broken) << slot_.invariant_text;
  }
  EXPECT_NE(std::string(slot_.invariant_text).find("bytes queued, no slot free; the only reader"),
            std::string::npos)
      << slot_.invariant_text;
  RecordProperty("invariant", slot_.invariant_text);
  order(Verb::Lever);
  EXPECT_TRUE(comes_true([&] { return worker_.released(); }));
  EXPECT_EQ(worker_.exit_code(), static_cast<int>(TrialOutcome::Clean));
}

TEST_P(ParkedTrial, EveryVictimIsASignatureAndDiesOnKill) {
  std::set<std::string> roles;
  for (const Variant& variant : kit::reproducer_manifest().variants) {
    if (variant.name != GetParam()) continue;
    for (const Signature& signature : variant.signatures) roles.insert(signature.role);
  }
  ASSERT_EQ(slot_.party_count, roles.size());
  for (std::uint32_t i = 0; i < slot_.party_count; ++i) {
    EXPECT_EQ(slot_.parties[i].victim, 1);
    EXPECT_EQ(roles.count(slot_.parties[i].role), 1u);
    // The second one may be gone already: it dies with the first.
    EXPECT_TRUE(::kill(slot_.parties[i].pid, SIGKILL) == 0 || (i > 0 && errno == ESRCH));
  }
  EXPECT_TRUE(comes_true([&] { return worker_.released(); }));
  EXPECT_EQ(worker_.exit_code(), static_cast<int>(TrialOutcome::Clean));
}

std::string camel_case(const ::testing::TestParamInfo<const char*>& param) {
  return std::string(param.param) == "deadlock" ? "Deadlock" : "KeepReadEnd";
}
INSTANTIATE_TEST_SUITE_P(Hanging, ParkedTrial, ::testing::Values("deadlock", "keep-read-end"),
                         camel_case);

TEST(CapacityTrial, ReportsEveryRowOnce) {
  kit::SupervisedWorker worker;
  ASSERT_TRUE(worker.start([](kit::Context& context) {
    const auto reproducer =
        kit::make_reproducer({"capacity", default_params(kit::reproducer_manifest()), 0});
    return static_cast<int>(reproducer->trial(context));
  }));
  const Slot& slot = worker.slot();
  ASSERT_EQ(worker.exit_code(), static_cast<int>(TrialOutcome::Clean)) << slot.message;
  const std::string rows(slot.measurements, slot.measurement_bytes);
  for (const char* name : {"page size\t", "default capacity\t", "default slots\t", "write 137 B\t",
                           "packet 4097 B\t", "sizes off the merge rule\t0\t",
                           "unprivileged: first smaller pipe\t", "unprivileged: its capacity\t"}) {
    const std::size_t at = rows.find(name);
    EXPECT_NE(at, std::string::npos) << name << rows;
    EXPECT_EQ(rows.find(name, at + 1), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace hangrate::pipe_full_child
