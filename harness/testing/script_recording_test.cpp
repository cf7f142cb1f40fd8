// SPDX-License-Identifier: GPL-2.0-or-later
//
// Records what the machine of a cell is told while real workers run, and plays it again: the same
// events give the same records. With HANGRATE_SCRIPTS=FOLDER the scripts are kept there; those in
// harness/testing/scripts were made like that.
#include <algorithm>
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/model/manifest_check.h"
#include "harness/run/engine.h"
#include "harness/testing/cell_script.h"
#include "harness/testing/command.h"
#include "harness/testing/worker_process.h"

namespace hangrate::testing {
namespace {

const std::string kFake = HANGRATE_BUILD_DIR "/fakes/fake";  // its folder

RunHeader header_of(const std::string& variant, std::uint64_t trials) {
  auto manifest = read_manifest(read_file(kFake + "/repro.json").value_or(""));
  EXPECT_TRUE(manifest) << manifest.error().what();
  if (!manifest) return {};
  CellSpec spec;
  spec.repro = manifest->name;
  spec.variant = variant;
  spec.trials = trials;
  spec.manifest = std::move(*manifest);
  std::erase_if(spec.manifest.variants, [&](const Variant& v) { return v.name != variant; });
  for (const auto& param : spec.manifest.params) spec.params[param.name] = param.fallback;
  RunHeader header;
  header.cells = {spec};
  return header;
}

/// Without what shows nothing new and is answered with nothing. That the rest gives the same
/// records is checked.
void leave_out_the_idle(Script& script) {
  ScriptedCell cell(script.header, script.lines.at(0).at);
  std::map<std::uint64_t, Sight> last;
  std::erase_if(script.lines, [&](const ScriptLine& line) {
    const EndReason before = cell.end_reason();
    std::vector<std::string> answers = cell.tell(line.event, line.at);
    if (cell.end_reason() != before) return false;
    std::erase(answers, "wake");
    const auto* of = std::get_if<OfWorker>(&line.event);
    const auto* looked = of != nullptr ? std::get_if<Looked>(&of->event) : nullptr;
    const bool same = looked != nullptr && last[of->worker] == looked->sight;
    if (looked != nullptr) last[of->worker] = looked->sight;
    return answers.empty() && (same || std::holds_alternative<Woke>(line.event));
  });
}

/// In a process of its own, because the supervisor changes the signals of its process.
std::string record(const RunHeader& header, const std::string& file) {
  const int code = in_worker([&] {
    Script script{header, {}};
    std::vector<std::string> records;
    auto engine = Engine::make({.record =
                                    [&](const Record& r) {
                                      records.push_back(ActionText{}(Save{r}));
                                      return Result<void>();
                                    },
                                .told =
                                    [&](const CellEvent& event, Nanos now) {
                                      script.lines.push_back({now, event, {}});
                                    }});
    if (!engine) return 1;
    CellResult result(header.cells[0]);
    if (!(*engine)->run_cell(0, {kFake + "/fake", header.cells[0]}, {}, result)) return 2;
    leave_out_the_idle(script);
    ScriptedCell again(header, script.lines[0].at);
    std::vector<std::string> replayed;
    for (const ScriptLine& line : script.lines) {
      for (const std::string& answer : again.tell(line.event, line.at)) {
        if (answer.starts_with("save ")) replayed.push_back(answer);
      }
    }
    if (replayed != records) return 3;
    return write_file_atomically(file, script.text()) ? 0 : 4;
  });
  EXPECT_EQ(code, 0) << "1: no engine, 2: no run, 3: other records, 4: no file";
  return read_file(file).value_or("");
}

class ScriptRecording : public ::testing::TestWithParam<std::string> {};

TEST_P(ScriptRecording, ARealRunPlayedAgainGivesTheSameRecords) {
  const TempFolder folder;
  const char* keep = std::getenv("HANGRATE_SCRIPTS");
  const std::string name = std::string("/") + GetParam() + ".jsonl";
  const std::string text =
      record(header_of(GetParam(), 2), (keep != nullptr ? keep : folder.path()) + name);
  EXPECT_TRUE(Script::from(text));
}

INSTANTIATE_TEST_SUITE_P(Of, ScriptRecording, ::testing::ValuesIn(recorded_variants()),
                         [](const auto& each) { return plain_name(each.param); });

}  // namespace
}  // namespace hangrate::testing
