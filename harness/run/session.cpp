// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/session.h"

#include <numeric>

#include "harness/judge/default_trials.h"
#include "harness/judge/shortfall.h"
#include "harness/model/json.h"
#include "harness/run/engine.h"
#include "harness/store/journal.h"
#include "harness/store/results.h"
#include "harness/sys/channel.h"
#include "harness/sys/environment.h"

namespace hangrate {

namespace {

/// What a cell gets of the budget that is left: its share by weight among the cells still to run.
Nanos share_of_budget(const RunHeader& header, std::size_t cell, Nanos left) {
  const auto weight = [](double sum, const CellSpec& spec) {
    return sum + spec.variant_spec().weight;
  };
  const auto first = header.cells.begin() + static_cast<std::ptrdiff_t>(cell);
  const double sum = std::accumulate(first, header.cells.end(), 0.0, weight);
  return static_cast<Nanos>(static_cast<double>(left) * first->variant_spec().weight / sum);
}

StopRule rule_of(const RunHeader& header) {
  StopRule rule;
  rule.hits = header.stop.hits;
  if (header.stop.until_excluded) {
    rule.until_excluded = Exclusion{*header.stop.until_excluded, header.confidence};
  }
  return rule;
}

class Session {
 public:
  Session(const SessionPlan& plan, const SessionEvents& events)
      : plan_(plan), header_(plan.header), events_(events) {
    for (const CellSpec& spec : header_.cells) outcome_.cells.emplace_back(spec);
  }

  Result<SessionOutcome> run() {
    HR_TRY(open_journal());
    if (journal_ && events_.opened) events_.opened();
    auto engine = Engine::make({.record = [this](const Record& r) { return record(r); },
                                .progress =
                                    [this](const CellResult& r, Nanos elapsed) {
                                      if (channel_) channel_->beat();
                                      if (events_.progress) events_.progress(current_, r, elapsed);
                                    }},
                               {}, plan_.recorder, header_.trace);
    if (!engine) return fail(engine.error());
    const std::string& trouble = (*engine)->record_trouble();
    if (!trouble.empty() && events_.warning && !channel_) {  // a guest ends with all it holds
      events_.warning("what a kill of everything would leave is on no record: " + trouble);
    }
    for (current_ = 0; current_ < header_.cells.size(); ++current_) {
      if ((*engine)->interrupted()) break;
      HR_TRY(run_cell(**engine));
    }
    outcome_.interrupted = (*engine)->interrupted();
    if (journal_) HR_TRY(journal_->finish());
    return std::move(outcome_);
  }

 private:
  Result<void> open_journal() {
    if (!plan_.channel.empty()) {
      auto channel = ChannelWriter::open(plan_.channel);
      if (!channel) return fail(channel.error());
      channel_.emplace(std::move(*channel));
      return channel_->append(dump_line(to_json_value(header_)));
    }
    if (plan_.results.empty()) return {};
    auto journal = plan_.resume ? LineFile::reopen(journal_in(plan_.results))
                                : create_journal(plan_.results, header_);
    if (!journal) return fail(journal.error());
    journal_ = std::move(*journal);
    if (!plan_.resume) return {};
    // Locked first: what another writer adds until then must be seen.
    auto loaded = load_results(journal_in(plan_.results));
    if (!loaded) return fail(loaded.error());
    if (journal_->was_cut_off() && events_.warning) {
      events_.warning("the last record of the journal was cut off by a kill; it is left out");
    }
    outcome_.cells = std::move(loaded->run.rows.front().cells);
    return {};
  }

  Result<void> record(const Record& record) {
    if (channel_) return channel_->append(journal_line(record));
    return journal_ ? journal_->append(journal_line(record)) : Result<void>();
  }

  Result<void> run_cell(Engine& engine) {
    CellResult& result = outcome_.cells[current_];
    const CellPlan plan{plan_.executables[current_], header_.cells[current_]};
    if (finished(plan.spec, result)) return {};
    StopRule rule = rule_of(header_);
    if (header_.stop.budget) {
      Nanos spent = 0;
      for (const CellResult& cell : outcome_.cells) spent += cell.elapsed();
      rule.budget =
          result.elapsed() + share_of_budget(header_, current_, *header_.stop.budget - spent);
      if (header_.stop.power_first) {
        rule.at_least = trials_for_power(plan.spec.variant_spec(), header_.confidence);
      }
    }
    if (events_.cell_starts) events_.cell_starts(current_);
    HR_TRY(engine.run_cell(current_, plan, rule, result));
    if (events_.cell_ends) events_.cell_ends(current_, result);
    return {};
  }

  const SessionPlan& plan_;
  const RunHeader& header_;
  const SessionEvents& events_;
  SessionOutcome outcome_;
  std::optional<LineFile> journal_;
  std::optional<ChannelWriter> channel_;
  std::size_t current_ = 0;
};

}  // namespace

Result<SessionOutcome> run_session(const SessionPlan& plan, const SessionEvents& events) {
  return Session(plan, events).run();
}

}  // namespace hangrate
