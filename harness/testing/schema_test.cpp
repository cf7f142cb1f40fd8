// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every line of a real journal and a real summary against the published schemas.
#include "harness/testing/schema.h"

#include <filesystem>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

const char* kVariants[] = {"lost-wakeup", "other",       "anomaly", "measures",
                           "skip",        "setup-fails", "clean"};

TEST(Schema, EveryJournalLineAndTheSummaryAreValid) {
  for (const char* variant : kVariants) {
    const TempFolder folder;
    const Ran ran =
        run_command({HANGRATE_BUILD_DIR "/bin/hangrate", "run", std::string("fake/") + variant,
                     "--repro-dir", HANGRATE_BUILD_DIR "/fakes", "--trials", "2", "-q", "--results",
                     folder / "run", "--json", "-", "--expect", "fake=fixed:a test"});
    const PlainJson summary = PlainJson::parse(ran.out, nullptr, false);
    EXPECT_EQ(validate("summary.schema.json", summary), "") << variant << "\n" << ran.out;
    int lines = 0;
    for (const std::string& line :
         split(read_file(folder / "run/journal.jsonl").value_or(""), '\n')) {
      if (line.empty()) continue;
      ++lines;
      EXPECT_EQ(validate("journal.schema.json", PlainJson::parse(line)), "") << line;
    }
    EXPECT_GE(lines, 3) << variant;
  }
}

/// Every JSON file of this folder of the tree.
void expect_valid(const char* schema, const std::string& folder) {
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(HANGRATE_SOURCE_DIR + folder)) {
    if (file.path().extension() != ".json") continue;
    const std::string text = read_file(file.path().string()).value_or("");
    EXPECT_EQ(validate(schema, PlainJson::parse(text, nullptr, false)), "") << file;
    ++files;
  }
  EXPECT_GT(files, 0) << folder;
}

TEST(Schema, TheMatricesOfTheTreeAreValid) {
  expect_valid("matrix.schema.json", "/ci");
}

TEST(Schema, AMatrixWithAMistakeIsNot) {
  EXPECT_NE(validate("matrix.schema.json", PlainJson::parse(R"({"schema":1,"kernels":[]})")), "");
  const auto with_expect = [](const char* expect) {
    PlainJson matrix = {{"schema", 1}, {"kernels", {{{"spec", "native"}}}}};
    matrix["kernels"][0]["expect"] = PlainJson::parse(expect);
    return validate("matrix.schema.json", matrix);
  };
  EXPECT_EQ(with_expect(R"({"alpha":"fixed","because":"RHEL-37087"})"), "");
  for (const char* expect : {R"({"alpha":"fixed"})", R"({"alpha":"fixed","because":" "})",
                             R"({"alpha":"clean","because":"x"})", R"({"because":"x"})"}) {
    EXPECT_NE(with_expect(expect), "") << expect;
  }
  const auto with_qemu = [](const char* words) {
    PlainJson matrix = {{"schema", 1}, {"kernels", {{{"spec", "debian:sid"}}}}};
    matrix["kernels"][0]["qemu"] = PlainJson::parse(words);
    return validate("matrix.schema.json", matrix);
  };
  EXPECT_EQ(with_qemu(R"(["-device","virtio-rng-pci"])"), "");
  for (const char* words : {R"("-device virtio-rng-pci")", R"([1])", R"([""])"}) {
    EXPECT_NE(with_qemu(words), "") << words;
  }
}

TEST(Schema, TheRecordedMatricesAreValid) {
  expect_valid("summary.schema.json", "/results/matrix");
}

TEST(Schema, WhatTwoFilesDefineIsTheSame) {
  std::map<std::string, PlainJson> known;
  int twice = 0;
  for (const char* file : {"journal", "summary"}) {
    const std::string path =
        std::string(HANGRATE_SOURCE_DIR "/results/schema/") + file + ".schema.json";
    const PlainJson schema = PlainJson::parse(read_file(path).value_or(""), nullptr, false);
    const PlainJson definitions = schema.value("definitions", PlainJson::object());
    for (const auto& [name, definition] : definitions.items()) {
      const auto [at, first] = known.emplace(name, definition);
      if (first) continue;
      ++twice;
      EXPECT_EQ(at->second, definition) << file << ": " << name;
    }
  }
  EXPECT_GT(twice, 5);
}

TEST(Schema, RefusesWhatIsWrong) {
  const PlainJson batch = {{"type", "batch"}, {"cell", 0},  {"lane", 0},
                           {"worker", 1},     {"first", 0}, {"count", 5}};
  EXPECT_EQ(validate("journal.schema.json", batch), "");
  PlainJson negative = batch;
  negative["count"] = -1;
  EXPECT_NE(validate("journal.schema.json", negative), "");
  PlainJson unknown = batch;
  unknown["type"] = "hologram";
  EXPECT_NE(validate("journal.schema.json", unknown), "");
  EXPECT_NE(validate("summary.schema.json", PlainJson::object()), "");
}

}  // namespace
}  // namespace hangrate::testing
