// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/kernel_supply.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/output.h"
#include "harness/guest/accel.h"
#include "harness/guest/machine.h"
#include "harness/kernel/sha256.h"
#include "harness/model/json_fields.h"
#include "harness/sys/child.h"
#include "harness/sys/environment.h"

namespace hangrate {

HR_JSON(BootableKernel, label, image, modules, release, build_id, build_note, reverted, identity,
        accel, native, user_mode)

namespace {

constexpr Nanos kBuildEnds = 12 * kSecond;

constexpr int kNiceness = 10;

/// The process that provides: what it says goes to its parent, line by line.
class Provider {
 public:
  Provider(const SupplyOptions& options, int out) : options_(options), out_(out) {
    options_.kernel.progress = [this](const std::string& text) { say("progress", text); };
    options_.kernel.notice = [this](const std::string& text) { say("notice", text); };
  }

  /// Stays when all is done: as long as it lives, nobody prunes the kernels it holds.
  [[noreturn]] void run(const std::vector<std::string>& specs) {
    for (const std::string& spec : specs) {
      auto kernel = provide(spec);
      Json answer = {{"type", "kernel"}, {"spec", spec}};
      if (kernel) answer["kernel"] = *kernel;
      if (!kernel) answer["trouble"] = kernel.error().what();
      tell(answer);
    }
    while (true) ::pause();
  }

 private:
  Result<BootableKernel> provide(const std::string& spec) {
    auto kernel = provide_kernel(spec, options_.kernel);
    if (!kernel) return fail(kernel.error());
    auto identity = identity_of(*kernel);
    if (!identity) return fail(identity.error());
    held_.push_back(kernel->hold);
    return BootableKernel{.label = kernel->label,
                          .image = kernel->image,
                          .modules = kernel->modules,
                          .release = kernel->release,
                          .build_id = kernel->build_id,
                          .build_note = kernel->build_note,
                          .reverted = kernel->reverted,
                          .identity = std::move(*identity),
                          .accel = accel_of(*kernel),
                          .native = kernel->native,
                          .user_mode = kernel->user_mode};
  }

  static Result<std::string> identity_of(const GuestKernel& kernel) {
    if (!kernel.native) return sha256_of_file(kernel.image);
    const Environment here = read_environment();
    return here.release + " " + here.version;
  }

  std::string accel_of(const GuestKernel& kernel) {
    if (kernel.native) return "native";
    if (kernel.user_mode) return kUserMode;
    if (options_.accel == "auto") options_.accel = find_accel(kernel.image);
    return options_.accel;
  }

  std::string find_accel(const std::string& image) {
    const std::string& cache = options_.kernel.cache;
    if (const auto known = remembered_kvm(cache)) return known->works ? "kvm" : "tcg";
    const Capability kvm = try_kvm(cache, image);
    const std::string accel = kvm.works ? "kvm" : "tcg";
    say("notice", "guests run under " + accel + " (" + kvm.detail + ")");
    return accel;
  }

  void say(const char* type, const std::string& text) { tell({{"type", type}, {"text", text}}); }

  void tell(const Json& line) {
    if (!write_all(out_, dump_line(line) + "\n", "pipe")) ::_exit(1);  // nobody hears it
  }

  SupplyOptions options_;
  int out_;
  std::vector<std::shared_ptr<const void>> held_;
};

/// In the process that was forked.
int provide_all(const SupplyOptions& options, const std::vector<std::string>& specs, int out) {
  for (int fd = 0; fd <= STDERR_FILENO; ++fd) {
    if (::open("/dev/null", O_RDWR | O_CLOEXEC) < 0) return 1;
  }
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_DFL);
  ::setpriority(PRIO_PROCESS, 0, kNiceness);
  Provider(options, out).run(specs);
}

/// What takes long comes last; else in the order asked for.
std::vector<std::string> quick_first(std::vector<std::string> specs) {
  std::stable_partition(specs.begin(), specs.end(),
                        [](const std::string& spec) { return !spec.starts_with("recipe:"); });
  return specs;
}

}  // namespace

void KernelSupply::end_now() {
  if (pid_ > 0) signal_child(pid_, SIGKILL);
}

void KernelSupply::end() {
  if (pid_ <= 0) return;
  stop();  // a build in it ends its whole group, by force after 5 s
  if (!await_child(pid_, kBuildEnds)) {
    end_now();
    await_child(pid_, kSecond);
  }
  pid_ = -1;
}

Result<void> KernelSupply::begin(std::vector<std::string> specs) {
  missing_ = quick_first(std::move(specs));
  if (missing_.empty()) return {};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(Error::from_errno("pipe2"));
  lines_.reset(ends[0]);
  const UniqueFd out(ends[1]);
  if (::fcntl(lines_.get(), F_SETFL, O_NONBLOCK) != 0) return fail(Error::from_errno("fcntl"));
  const auto pid = fork_helper(
      "hangrate-kernel", {out.get()}, true,
      [&] { return provide_all(options_, missing_, out.get()); }, HelperRights::All);
  if (!pid) return fail(pid.error());
  pid_ = *pid;
  return {};
}

void KernelSupply::stop() {
  if (pid_ > 0) signal_child(pid_, SIGTERM);
}

std::optional<SuppliedKernel> KernelSupply::next() {
  while (const auto line = take_line()) {
    if (auto kernel = take(*line)) return kernel;
  }
  if (ended_ && !missing_.empty()) return missing("the process that provides kernels has ended");
  const std::string still = log_.tick(now_ns());
  if (options_.steps && !still.empty()) options_.news(still);
  return std::nullopt;
}

SuppliedKernel KernelSupply::missing(const std::string& why) {
  SuppliedKernel lost{missing_.front(), fail(Error::infrastructure(why))};
  missing_.erase(missing_.begin());
  return lost;
}

std::optional<std::string> KernelSupply::take_line() {
  std::size_t end = buffer_.find('\n');
  while (end == buffer_.npos && !ended_) {
    char bytes[4096];
    const ssize_t got = ::read(lines_.get(), bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return std::nullopt;
    ended_ = got <= 0;
    if (!ended_) buffer_.append(bytes, static_cast<std::size_t>(got));
    end = buffer_.find('\n');
  }
  if (end == buffer_.npos) return std::nullopt;
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

std::optional<SuppliedKernel> KernelSupply::take(const std::string& line) {
  const auto json = parse_json(line);
  if (!json) return std::nullopt;
  const std::string type = json->value("type", "");
  const std::string text = json->value("text", "");
  if (type == "notice") options_.news(text);
  if (type == "progress") {
    const std::string step = log_.begin(text, now_ns());
    if (options_.steps && !step.empty()) options_.news(step);
  }
  if (type != "kernel") return std::nullopt;
  log_.end();
  const std::string spec = json->value("spec", "");
  std::erase(missing_, spec);
  if (json->contains("kernel"))
    return SuppliedKernel{spec, (*json)["kernel"].get<BootableKernel>()};
  return SuppliedKernel{spec, fail(Error::infrastructure(json->value("trouble", "")))};
}

}  // namespace hangrate
