// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a worker wrote into its slot, as values of the model. Private to run/. Another process
// writes these fields: lengths are never taken on trust.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/file.h"
#include "harness/model/observation.h"
#include "harness/model/record.h"
#include "harness/sys/proc_reader.h"
#include "harness/sys/slot.h"

namespace hangrate {

inline InvariantState invariant_state_of(std::uint32_t told) {
  switch (told) {
    case HANG_HOLDS:
      return InvariantState::Holds;
    case HANG_BROKEN:
      return InvariantState::Broken;
    default:
      return InvariantState::Unknown;
  }
}

inline Outcome outcome_of(std::uint32_t told) {
  switch (told) {
    case HANG_CLEAN:
      return Outcome::Clean;
    case HANG_ANOMALY:
      return Outcome::Anomaly;
    case HANG_INCONCLUSIVE:
      return Outcome::Inconclusive;
    default:
      return Outcome::Infra;
  }
}

inline std::vector<Measurement> measurements_of(const protocol::Slot& slot) {
  std::vector<Measurement> rows;
  const std::size_t bytes = std::min<std::size_t>(slot.measurement_bytes, sizeof slot.measurements);
  for (const std::string& line : split(std::string_view(slot.measurements, bytes), '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() == 3) rows.push_back({fields[0], fields[1], fields[2]});
  }
  return rows;
}

/// Text of a fixed field that another process writes: never beyond its end.
template <std::size_t N>
std::string text_of(const char (&field)[N]) {
  return {field, ::strnlen(field, N)};
}

/// The same without characters that a terminal or a reader of the journal would stumble over.
template <std::size_t N>
std::string plain_text_of(const char (&field)[N]) {
  std::string text = text_of(field);
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

inline ShotFact to_model(const protocol::Shot& shot) {
  return {plain_text_of(shot.plan), shot.delay_ns};
}

/// The table as it is at this moment, while workers write to it, and one may write nonsense. An arm
/// of which nothing is known is left out.
inline std::vector<ArmFact> arms_of(const protocol::SearchTable& table) {
  std::vector<ArmFact> arms;
  const std::uint32_t count = table.count.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < std::min<std::size_t>(count, protocol::kMaxArms); ++i) {
    const protocol::Arm& from = table.arms[i];
    const ShotFact shot = to_model(from.shot);
    ArmFact arm;
    arm.plan = shot.plan;
    arm.delay_ns = shot.delay_ns;
    arm.hits = from.hits.load(std::memory_order_relaxed);
    arm.near = from.near.load(std::memory_order_relaxed);
    arm.tries = from.tries.load(std::memory_order_relaxed);
    arm.off = plain_text_of(from.off);
    if (arm.plan.empty() && arm.tries == 0 && arm.off.empty()) continue;
    // A worker counts its trial when it ends, so for a moment a hit may be without its try.
    arm.hits = std::min(arm.hits, arm.tries);
    arm.near = std::min(arm.near, arm.tries);
    arms.push_back(std::move(arm));
  }
  return arms;
}

/// The parties of a trial, as the worker names them.
inline std::vector<ReadTarget> parties_of(const protocol::Slot& slot) {
  std::vector<ReadTarget> targets;
  const std::uint32_t count = std::min<std::uint32_t>(slot.party_count, protocol::kMaxParties);
  for (std::uint32_t i = 0; i < count; ++i) {
    const protocol::Party& party = slot.parties[i];
    ReadTarget target{.pid = party.pid,
                      .tid = party.tid,
                      .poll_fd = party.poll_fd,
                      .poll_events = party.poll_events,
                      .victim = static_cast<std::int16_t>(party.victim)};
    std::memcpy(target.role, party.role, sizeof target.role);
    target.role[sizeof target.role - 1] = '\0';
    targets.push_back(target);
  }
  return targets;
}

template <std::size_t N>
void copy_text(char (&field)[N], const std::string& text) {
  const std::size_t bytes = std::min(text.size(), N - 1);
  std::memcpy(field, text.data(), bytes);
  std::memset(field + bytes, 0, N - bytes);
}

inline void fill(protocol::Shot& shot, const std::string& plan, Nanos delay_ns) {
  copy_text(shot.plan, plan);
  shot.delay_ns = delay_ns;
}

static_assert(kMostArms == protocol::kMaxArms);
static_assert(kLongestPlan == sizeof(protocol::Shot::plan) - 1);

/// Before the first worker starts. Arms that cannot be are left out.
inline void fill(protocol::SearchTable& table, const std::vector<ArmFact>& arms) {
  std::uint32_t count = 0;
  for (const ArmFact& from : arms) {
    if (count == protocol::kMaxArms) break;
    if (!can_be_aimed(from.plan, from.delay_ns)) continue;
    protocol::Arm& arm = table.arms[count++];
    fill(arm.shot, from.plan, from.delay_ns);
    arm.tries.store(from.tries, std::memory_order_relaxed);
    arm.hits.store(std::min(from.hits, from.tries), std::memory_order_relaxed);
    arm.near.store(std::min(from.near, from.tries), std::memory_order_relaxed);
  }
  table.count.store(count, std::memory_order_release);
}

}  // namespace hangrate
