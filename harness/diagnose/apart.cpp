// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/apart.h"

#include <csignal>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include "harness/sys/child.h"
#include "harness/waits/diagnosis_json.h"

namespace hangrate {

namespace {

constexpr std::size_t kLongestAnswer = std::size_t{16} << 20;

int tell(const std::function<Diagnosis()>& look, int answer) {
  const std::string text = dump_line(to_json_value(look()));
  return ::write(answer, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
}

std::optional<int> await_reader(pid_t helper, Nanos limit, const SharedReaderPlace* place,
                                Nanos give_up) {
  for (;;) {
    const unsigned steps = place != nullptr ? place->steps() : 0;
    const auto status = await_child(helper, limit);
    const bool went_on = place != nullptr && place->steps() != steps;
    if (status || !went_on || now_ns() >= give_up) return status;
  }
}

}  // namespace

Result<std::optional<Diagnosis>> diagnosed_apart(const char* name, Nanos limit,
                                                 const std::function<Diagnosis()>& look,
                                                 const SharedReaderPlace* place, Nanos give_up) {
  const UniqueFd answer = make_output_file("hangrate-diagnosis", kLongestAnswer);
  const auto helper = fork_helper(
      name, {answer.get()}, true, [&] { return tell(look, answer.get()); }, HelperRights::All);
  if (!helper) return fail(helper.error());
  const auto status = await_reader(*helper, limit, place, give_up);
  if (!status) {
    signal_child(*helper, SIGKILL);
    return std::optional<Diagnosis>();
  }
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    return fail(Error::infrastructure("the helper that looks at tasks ended without an answer"));
  }
  const auto json = parse_json(output_tail(answer.get(), kLongestAnswer));
  if (!json) return fail(json.error());
  auto told = diagnosis_from_json(*json);
  if (!told) return fail(told.error());
  return std::optional(std::move(*told));
}

std::optional<Diagnosis> part_diagnosed_apart(const char* name, Nanos limit,
                                              const std::function<Diagnosis()>& look,
                                              const char* what, Diagnosis& whole) {
  auto told = diagnosed_apart(name, limit, look);
  if (told && *told) return std::move(*told);
  whole.absent.push_back({what, told ? "a read of their /proc files blocks" : told.error().what()});
  return std::nullopt;
}

}  // namespace hangrate
