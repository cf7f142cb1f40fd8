// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/apart.h"

#include <csignal>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include "harness/sys/child.h"

namespace hangrate {

namespace {

constexpr std::size_t kLongestAnswer = std::size_t{16} << 20;

int tell(const std::function<Json()>& look, int answer) {
  const std::string text = dump_line(look());
  return ::write(answer, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
}

}  // namespace

Result<std::optional<Json>> told_apart(const char* name, Nanos limit,
                                       const std::function<Json()>& look) {
  const UniqueFd answer = make_output_file("hangrate-diagnosis", kLongestAnswer);
  const auto helper = fork_helper(
      name, {answer.get()}, true, [&] { return tell(look, answer.get()); }, HelperRights::All);
  if (!helper) return fail(helper.error());
  const auto status = await_child(*helper, limit);
  if (!status) {
    signal_child(*helper, SIGKILL);
    return std::optional<Json>();
  }
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    return fail(Error::infrastructure("the helper that looks at tasks ended without an answer"));
  }
  auto json = parse_json(output_tail(answer.get(), kLongestAnswer));
  if (!json) return fail(json.error());
  return std::optional(std::move(*json));
}

}  // namespace hangrate
