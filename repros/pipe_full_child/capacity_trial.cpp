// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_full_child/capacity_trial.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include <sys/wait.h>

#include "repros/kit/must.h"
#include "repros/kit/shared.h"
#include "repros/pipe_full_child/fill.h"
#include "repros/pipe_full_child/pipe_facts.h"
#include "repros/pipe_full_child/soft_limit.h"

namespace hangrate::pipe_full_child {

namespace {

/// 137 is the line length of the Hive report; the rest lie around half a slot, one slot and two.
constexpr std::array<std::size_t, 11> kStreamSizes = {1,    100,  137,  512,  2048, 2049,
                                                      4095, 4096, 4097, 5000, 8193};
constexpr std::array<std::size_t, 2> kPacketSizes = {1, 4097};

std::string error_text(int error_number) {
  return std::strerror(error_number);
}

std::string error_name(int error_number) {
  if (error_number == EPERM) return "EPERM";
  if (error_number == EBUSY) return "EBUSY";
  return error_text(error_number);
}

std::string why_not(const SoftLimit& found) {
  const std::string opened = std::to_string(found.opened.load());
  if (found.failed.load() == EMFILE) {
    return "the hard limit of RLIMIT_NOFILE ends at pipe " + opened;
  }
  if (found.failed.load() != 0) {
    return std::string(found.operation.load()) + ": " + error_text(found.failed.load());
  }
  return "none of " + opened + " pipes is smaller";
}

}  // namespace

void CapacityTrial::setup(kit::Context& context) {
  if (std::signal(SIGCHLD, SIG_DFL) == SIG_ERR) context.fail("signal(SIGCHLD)");
}

kit::TrialOutcome CapacityTrial::trial(kit::Context& context) {
  context.phase("fill pipes");
  measure_shape(context);
  for (const std::size_t size : kStreamSizes) measure_fill(context, size, false);
  for (const std::size_t size : kPacketSizes) measure_fill(context, size, true);
  context.measure("sizes off the merge rule", std::to_string(off_the_rule_), "");
  context.phase("meet the soft limit");
  measure_soft_limit(context);
  return kit::TrialOutcome::Clean;
}

void CapacityTrial::measure_shape(kit::Context& context) {
  const Filled found = fill_pipe(page_size(), false);
  shape_.page = page_size();
  if (found.capacity <= 0) context.fail("a pipe without capacity: " + error_text(found.failed));
  shape_.slots = static_cast<std::size_t>(found.capacity) / shape_.page;
  off_the_rule_ = 0;
  context.measure("page size", std::to_string(shape_.page), "B");
  context.measure("default capacity", std::to_string(found.capacity), "B");
  context.measure("default slots", std::to_string(shape_.slots), "");
}

void CapacityTrial::measure_fill(kit::Context& context, std::size_t size, bool packets) {
  const Filled found = fill_pipe(size, packets);
  if (found.failed != 0) context.fail("filling a pipe: " + error_text(found.failed));
  const std::string kind = packets ? "packet " : "write ";
  context.measure(kind + std::to_string(size) + " B", std::to_string(found.bytes), "B");
  shape_.packets = packets;
  if (found.bytes != bytes_before_block(shape_, size)) ++off_the_rule_;
}

void CapacityTrial::measure_soft_limit(kit::Context& context) {
  kit::Shared<SoftLimit> found;
  if (!found) context.fail("no shared memory");
  const pid_t child = kit::must(context, start_soft_limit(*found), "fork");
  const bool ended =
      context.until([child] { return ::waitpid(child, nullptr, WNOHANG) == child; }, 30.0);
  if (!ended) {
    ::kill(child, SIGKILL);
    context.fail("opening pipes took more than 30 s");
  }
  const std::string number = "unprivileged: first smaller pipe";
  const std::string size = "unprivileged: its capacity";
  const std::string regrow =
      "unprivileged: F_SETPIPE_SZ " + std::to_string(found->full_size.load()) + " B on it";
  if (found->small_size.load() == 0) {
    const std::string reason = "unknown: " + why_not(*found);
    for (const std::string& row : {number, size, regrow}) context.measure(row, reason, "");
    return;
  }
  context.measure(number, std::to_string(found->opened.load()), "");
  context.measure(size, std::to_string(found->small_size.load()), "B");
  const int result = found->regrow.load();
  context.measure(regrow, result < 0 ? error_name(-result) : std::to_string(result),
                  result < 0 ? "" : "B");
}

}  // namespace hangrate::pipe_full_child
