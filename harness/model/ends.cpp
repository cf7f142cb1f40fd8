// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/ends.h"

namespace hangrate {

namespace {

constexpr EndReason kReasons[] = {EndReason::None,     EndReason::Trials,     EndReason::Hits,
                                  EndReason::Excluded, EndReason::Budget,     EndReason::Skipped,
                                  EndReason::Infra,    EndReason::Interrupted};
constexpr BootEnd kEnds[] = {BootEnd::Interrupted, BootEnd::Finished, BootEnd::Panic,
                             BootEnd::Silent,      BootEnd::NoHello,  BootEnd::Died,
                             BootEnd::Corrupt};

}  // namespace

const char* end_name(EndReason reason) {
  switch (reason) {
    case EndReason::None:
      return "";
    case EndReason::Trials:
      return "trials";
    case EndReason::Hits:
      return "hits";
    case EndReason::Excluded:
      return "excluded";
    case EndReason::Budget:
      return "budget";
    case EndReason::Skipped:
      return "skipped";
    case EndReason::Infra:
      return "infra";
    case EndReason::Interrupted:
      return "interrupted";
  }
  return "?";
}

const char* end_name(BootEnd end) {
  switch (end) {
    case BootEnd::Interrupted:
      return "interrupted";
    case BootEnd::Finished:
      return "finished";
    case BootEnd::Panic:
      return "panic";
    case BootEnd::Silent:
      return "silent";
    case BootEnd::NoHello:
      return "no-hello";
    case BootEnd::Died:
      return "died";
    case BootEnd::Corrupt:
      return "corrupt";
  }
  return "?";
}

EndReason end_reason_of(std::string_view name) {
  for (const EndReason reason : kReasons) {
    if (name == end_name(reason)) return reason;
  }
  return EndReason::None;
}

BootEnd boot_end_of(std::string_view name) {
  for (const BootEnd end : kEnds) {
    if (name == end_name(end)) return end;
  }
  return BootEnd::Interrupted;
}

}  // namespace hangrate
