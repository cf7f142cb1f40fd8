// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/programs.h"

#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bpf/embedded.h"

namespace hangrate {
namespace {

std::set<std::string> programs_in(std::span<const std::byte> image) {
  const ObjectPtr object(bpf_object__open_mem(image.data(), image.size(), nullptr));
  std::set<std::string> names;
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object.get(), program)) != nullptr) {
    names.insert(bpf_program__name(program));
  }
  return names;
}

/// Of all hooks, and the task iterator, which is none.
std::set<std::string> wanted_programs() {
  std::set<std::string> names = {"task_stacks"};
  for (const HookPlan& plan : hook_plans()) {
    for (const HookWay& way : plan.ways) {
      names.insert(way.enter);
      if (!way.leave.empty()) names.insert(way.leave);
    }
  }
  return names;
}

TEST(Programs, EveryHookHasItsProgramsAndEveryProgramItsHook) {
  for (const bool has_fetch : {false, true}) {
    EXPECT_THAT(programs_in(embedded_programs(has_fetch)), testing::ContainerEq(wanted_programs()));
  }
}

}  // namespace
}  // namespace hangrate
