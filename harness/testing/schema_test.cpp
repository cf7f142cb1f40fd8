// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every line of a real journal and a real summary against the published schemas.
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <gtest/gtest.h>

#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

using PlainJson = nlohmann::json;

/// "" or what is wrong.
std::string validate(const std::string& schema_name, const PlainJson& document) {
  const std::string path = std::string(HANGRATE_SOURCE_DIR "/results/schema/") + schema_name;
  const PlainJson schema_json = PlainJson::parse(read_file(path).value_or("null"));
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_json), schema);
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(document), &results))
    return "";
  std::string text;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) text += error.description + "\n";
  return text;
}

const char* kVariants[] = {"lost-wakeup", "other",       "anomaly", "measures",
                           "skip",        "setup-fails", "clean"};

TEST(Schema, EveryJournalLineAndTheSummaryAreValid) {
  for (const char* variant : kVariants) {
    const TempFolder folder;
    const Ran ran =
        run_command({HANGRATE_BUILD_DIR "/bin/hangrate", "run", std::string("fake/") + variant,
                     "--repro-dir", HANGRATE_BUILD_DIR "/fakes", "--trials", "2", "-q", "--results",
                     folder / "run", "--json", "-"});
    const PlainJson summary = PlainJson::parse(ran.out, nullptr, false);
    EXPECT_EQ(validate("run.schema.json", summary), "") << variant << "\n" << ran.out;
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
  EXPECT_NE(validate("run.schema.json", PlainJson::object()), "");
}

}  // namespace
}  // namespace hangrate::testing
