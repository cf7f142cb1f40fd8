// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/boot_machine.h"

#include <fmt/format.h>

#include "harness/guest/guest_plan.h"

namespace hangrate {

namespace {

template <typename State, typename States>
bool is(const States& state) {
  return std::holds_alternative<State>(state);
}

bool of_init(const std::string& type) {
  return type == kHelloLine || type == kBeginLine || type == kEndLine || type == kByeLine;
}

}  // namespace

std::vector<BootAction> BootMachine::next(const BootEvent& event, Nanos now) {
  if (is<Over>(state_)) return {};
  return std::visit([&](const auto& what) { return on(what, now); }, event);
}

BootMachine::Actions BootMachine::on(const LieFound& lie, Nanos now) {
  if (!distrust_.empty()) return {};
  distrust_ = lie.why;
  state_ = Stopping{now};
  return {StopMachine{}};
}

BootMachine::Actions BootMachine::on(const LineSaid& line, Nanos now) {
  alive_ = now;
  if (!distrust_.empty()) return {};
  auto json = parse_json(line.text);
  if (!json || !json->is_object() || !json->contains("type") || !(*json)["type"].is_string()) {
    return on(LieFound{"it sent a line that is no record"}, now);
  }
  return take(std::move(*json), line.text, now);
}

BootMachine::Actions BootMachine::take(Json json, const std::string& text, Nanos now) {
  const auto type = json["type"].get<std::string>();
  if (const std::string why = beyond_budget(text.size() + 1, of_init(type)); !why.empty()) {
    return on(LieFound{why}, now);
  }
  if (type == kHelloLine) return hello(std::move(json), now);
  if (type == kBeginLine) return begin(json, now);
  if (type == kEndLine) return end(std::move(json));
  if (type != kByeLine) return record(std::move(json), text, now);
  bye_ = true;
  return {};
}

/// Before anything is run: which kernel is it?
BootMachine::Actions BootMachine::hello(Json line, Nanos now) {
  if (hello_ != 0) return on(LieFound{"it said twice which kernel it is"}, now);
  hello_ = now;
  if (is<Booting>(state_)) state_ = Up{};
  return {TakeHello{std::move(line)}};
}

/// Each once, and in order: a second beginning would make a second journal of one cell.
BootMachine::Actions BootMachine::begin(const Json& line, Nanos now) {
  const Json command = line.value("command", Json());
  const std::size_t commands = budget_.cells.size();
  const std::size_t number = command.is_number_unsigned() ? command.get<std::size_t>() : commands;
  if (number < next_command_ || number >= commands || room_ || hello_ == 0) {
    return on(LieFound{"it began a command that is not its turn"}, now);
  }
  next_command_ = number + 1;
  room_ = budget_.cells[number];
  return {BeginCommand{number}};
}

BootMachine::Actions BootMachine::record(Json line, const std::string& text, Nanos now) {
  if (!room_) return on(LieFound{"a record came without a command"}, now);
  *room_ -= text.size() + 1;
  journals_ += text.size() + 1;
  return {TakeRecord{std::move(line), text}};
}

BootMachine::Actions BootMachine::end(Json line) {
  if (!room_) return {};
  room_.reset();
  return {EndCommand{std::move(line)}};
}

std::string BootMachine::beyond_budget(std::uint64_t bytes, bool init) {
  if (++lines_ > budget_.lines) {
    return fmt::format("it sent more than the {} lines of a boot", budget_.lines);
  }
  if (init && (init_bytes_ += bytes) > budget_.init) {
    return fmt::format("its init said more than {} bytes", budget_.init);
  }
  if (!init && room_ && bytes > *room_) {
    return "it sent more bytes of one reproducer than its trials can need";
  }
  if (!init && journals_ + bytes > budget_.bytes) {
    return fmt::format("it sent more than the {} bytes of a boot (--boot-mib)", budget_.bytes);
  }
  return "";
}

std::string BootMachine::beyond_limits(const MachineSeen& seen, Nanos now) const {
  if (seen.console >= budget_.console) {
    return fmt::format("its console floods: {} bytes", seen.console);
  }
  if (seen.console + journals_ > budget_.bytes) {
    return fmt::format("it sent {} bytes, more than the {} of a boot (--boot-mib)",
                       seen.console + journals_, budget_.bytes);
  }
  if (now - started_ > budget_.wall) {
    return fmt::format("it ran longer than the {} s of a boot (--boot-limit)",
                       budget_.wall / kSecond);
  }
  return "";
}

BootMachine::Actions BootMachine::on(const MachineSeen& seen, Nanos now) {
  if (seen.beat != beat_) alive_ = now;
  beat_ = seen.beat;
  Actions actions;
  // Before its end is looked at: a limit may have been what ended it.
  if (const std::string why = beyond_limits(seen, now); !why.empty()) {
    actions = on(LieFound{why}, now);
  }
  if (!seen.running) return over();
  if (const auto* ending = std::get_if<Stopping>(&state_)) {
    // What does not even end is left behind: a row must not wait for ever.
    return now - ending->since > kStopLimit ? over() : actions;
  }
  if (now - alive_ <= (hello_ == 0 ? kHelloLimit : kSilenceLimit)) return actions;
  state_ = Stopping{now};
  return {StopMachine{}};
}

BootMachine::Actions BootMachine::over() {
  BootEnd end = BootEnd::Died;
  if (!distrust_.empty()) {
    end = BootEnd::Corrupt;
  } else if (bye_) {
    end = BootEnd::Finished;
  } else if (is<Stopping>(state_)) {
    end = hello_ == 0 ? BootEnd::NoHello : BootEnd::Silent;
  }
  state_ = Over{};
  return {BootOver{end}};
}

}  // namespace hangrate
