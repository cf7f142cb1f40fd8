// SPDX-License-Identifier: GPL-2.0-or-later
//
// For tests: a document against a published schema.
#pragma once

#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "harness/base/file.h"
#include "harness/testing/command.h"

namespace hangrate::testing {

using PlainJson = nlohmann::json;

/// "" or what is wrong with `document` by results/schema/`schema_name`.
inline std::string validate(const std::string& schema_name, const PlainJson& document) {
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
  while (results.popError(error)) {
    for (const std::string& step : error.context) text += step;
    text += ": " + error.description + "\n";
  }
  return text;
}

/// "" or what the JUnit file at `path` has against the schema it names.
inline std::string junit_flaws(const std::string& path) {
  const Ran ran = run_command({"/usr/bin/env", "xmllint", "--noout", "--nonet", "--schema",
                               HANGRATE_SOURCE_DIR "/results/schema/junit-10.xsd", path});
  return ran.code == 0 ? "" : ran.err + " (xmllint is in libxml2-utils)";
}

}  // namespace hangrate::testing
